//! The key of the aliases: the same key gives the same aliases in every run.

use anyhow::{Context as _, Result, bail};
use std::path::Path;

/// What a key file has to hold at least.
pub const LEAST_BYTES: usize = 32;

/// Tells this use of the hash from any other.
const CONTEXT: &str = "vsscope 2031 redaction of names, version 1";

/// The key of the aliases.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A key made of anything.
    pub fn of(material: &[u8]) -> Self {
        Key(blake3::derive_key(CONTEXT, material))
    }

    /// The key in a file: its bytes as they are, at least [`LEAST_BYTES`].
    pub fn load(file: &Path) -> Result<Self> {
        let bytes = std::fs::read(file)
            .with_context(|| format!("--redact-key: failed to read {}", file.display()))?;
        if bytes.len() < LEAST_BYTES {
            bail!(
                "--redact-key {}: {} bytes are too few to keep the aliases from being guessed; at least {LEAST_BYTES} \
                 random bytes are needed (for example: openssl rand -out FILE 32)",
                file.display(),
                bytes.len()
            );
        }
        Ok(Key::of(&bytes))
    }

    /// The digest of a name, whatever its case.
    pub(super) fn digest(&self, lower: &str) -> [u8; 32] {
        *blake3::keyed_hash(&self.0, lower.as_bytes()).as_bytes()
    }
}
