//! [`Tap`]: a stream that counts, keeps its own error for the report, and may be limited.

use super::Progress;
use std::io::{self, ErrorKind, Read};

/// A stream that ends where it fails; the readers behind it need no errors of their own.
pub(crate) struct Tap<'s> {
    stream: &'s mut dyn Read,
    progress: &'s dyn Progress,
    bytes: u64,
    limit: Option<Limit>,
    failure: Option<String>,
}

/// Where a stream is cut off, and why.
pub(crate) struct Limit {
    /// After this many bytes.
    pub bytes: u64,
    /// What the report says then.
    pub message: String,
}

impl<'s> Tap<'s> {
    /// A tap without a limit.
    pub fn new(stream: &'s mut dyn Read, progress: &'s dyn Progress) -> Self {
        Tap { stream, progress, bytes: 0, limit: None, failure: None }
    }

    /// The same with a limit.
    pub fn limited(stream: &'s mut dyn Read, progress: &'s dyn Progress, limit: Limit) -> Self {
        Tap { limit: Some(limit), ..Tap::new(stream, progress) }
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.bytes
    }

    /// Why the stream ended before its end.
    pub fn failure(&self) -> Option<String> {
        self.failure.clone()
    }
}

impl Read for Tap<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failure.is_some() {
            return Ok(0);
        }
        if let Some(limit) = self.limit.as_ref().filter(|limit| self.bytes >= limit.bytes) {
            self.failure = Some(limit.message.clone());
            return Ok(0);
        }
        loop {
            match self.stream.read(buffer) {
                Ok(read) => {
                    let bytes = u64::try_from(read).unwrap_or(0);
                    self.bytes = self.bytes.saturating_add(bytes);
                    self.progress.advance(bytes);
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(format!("reading failed: {error}"));
                    return Ok(0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(u8);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => Err(ErrorKind::Interrupted.into()),
                2 => buffer.first_mut().map_or(Ok(0), |first| {
                    *first = b'x';
                    Ok(1)
                }),
                _ => Err(io::Error::other("disk gone")),
            }
        }
    }

    #[test]
    fn an_error_is_the_end_and_is_kept() {
        let mut stream = Failing(0);
        let mut tap = Tap::new(&mut stream, &());
        let mut text = String::new();
        tap.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), tap.position()), ("x", 1));
        assert_eq!(tap.failure().as_deref(), Some("reading failed: disk gone"));
    }

    #[test]
    fn a_limit_is_an_error_only_if_it_is_reached() {
        for (limit, failed) in [(1_u64, true), (1 << 20, false)] {
            let mut stream = [0_u8; 100].as_slice();
            let mut tap =
                Tap::limited(&mut stream, &(), Limit { bytes: limit, message: "too much".to_owned() });
            io::copy(&mut tap, &mut io::sink()).unwrap();
            assert_eq!(tap.failure().is_some(), failed, "{limit}");
        }
    }
}
