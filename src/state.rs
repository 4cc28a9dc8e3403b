//! `--state DIR`: what was read is kept, and an input whose content was read before is not read again.
//!
//! An entry is what a reader made of one input, under a name made of its content, of how it was read and of the program. The
//! analysis still joins everything, so that the output is the same to the byte with and without it.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use vsscope_model::{Event, InputReport, IssueKind, RecordRef};
use vsscope_parsers::{Progress, ReadOptions, Source};

/// Begins every entry; another form has another number.
const FORM: &[u8] = b"vsscope-state/1\n";
/// Name of an entry's ending.
const ENDING: &str = "vsscope-state";
/// Entries that no run used for so long are removed.
const KEPT_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// A file that was only met in a folder is most likely no log if it is larger (a disk image), and is told by its first
/// bytes: hashing it would take longer than that.
const LARGEST_MET: u64 = 4 << 30;

/// A folder with what earlier runs read.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    /// What an entry depends on beside the content.
    context: blake3::Hash,
    inputs: AtomicUsize,
    unchanged: AtomicUsize,
    messages: Mutex<Vec<String>>,
}

/// What is kept of one input.
#[derive(Serialize, Deserialize)]
struct Entry<R> {
    /// The path that it had.
    path: Arc<str>,
    reports: R,
}

impl State {
    /// Opens the folder, or makes it.
    pub fn open(folder: &Path, options: &ReadOptions) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("--state: failed to make {}", folder.display()))?;
        let folder =
            folder.canonicalize().with_context(|| format!("--state: failed to open {}", folder.display()))?;
        // Builds of one version differ while it is made.
        let size = std::env::current_exe().and_then(fs::metadata).map_or(0, |program| program.len());
        let context = format!("{}\n{size}\n{options:?}", env!("CARGO_PKG_VERSION"));
        Ok(State {
            folder,
            context: blake3::hash(context.as_bytes()),
            inputs: AtomicUsize::new(0),
            unchanged: AtomicUsize::new(0),
            messages: Mutex::default(),
        })
    }

    /// Reads an input, or what an earlier run kept of it.
    pub fn read(&self, source: &Source, options: &ReadOptions, progress: &dyn Progress) -> Vec<InputReport> {
        self.inputs.fetch_add(1, Ordering::Relaxed);
        let Some((entry, stamp)) = self.entry_of(source) else {
            return vsscope_parsers::read(source, options, progress);
        };
        if let Some(reports) = self.load(&entry, source) {
            progress.advance(source.bytes.unwrap_or(0));
            self.unchanged.fetch_add(1, Ordering::Relaxed);
            return reports;
        }
        let reports = vsscope_parsers::read(source, options, progress);
        let is_whole = !reports
            .iter()
            .flat_map(|report| &report.issues)
            .any(|issue| issue.kind == IssueKind::Unreadable);
        // A file that grew while it was read is not what its hash says.
        let is_same = source.file.as_deref().and_then(stamp_of) == Some(stamp);
        let kept = || self.save(&entry, &Entry { path: Arc::clone(&source.path), reports: &reports });
        if let Some(Err(error)) = (is_whole && is_same).then(kept) {
            self.tell(format!("--state: an entry could not be written: {error}"));
        }
        reports
    }

    /// What there is to say at the end of a run; removes what was not used for long.
    pub fn close(&self) -> Vec<String> {
        self.prune();
        let (unchanged, inputs) =
            (self.unchanged.load(Ordering::Relaxed), self.inputs.load(Ordering::Relaxed));
        let mut messages = std::mem::take(&mut *self.messages.lock().unwrap_or_else(PoisonError::into_inner));
        messages.sort();
        messages.push(format!("{unchanged} of {inputs} inputs unchanged since an earlier run"));
        messages
    }

    fn tell(&self, message: String) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    /// The file that an input's entry has or will have, and how the input looks now. Nothing for what is never kept.
    fn entry_of(&self, source: &Source) -> Option<(PathBuf, Stamp)> {
        let file = source.file.as_deref()?;
        let stamp = stamp_of(file)?;
        if (!source.named && stamp.0 > LARGEST_MET) || file.canonicalize().ok()?.starts_with(&self.folder) {
            return None;
        }
        let content = hash(file).ok()?;
        let mut name = blake3::Hasher::new();
        name.update(self.context.as_bytes()).update(&[u8::from(source.named)]).update(content.as_bytes());
        Some((self.folder.join(format!("{}.{ENDING}", name.finalize().to_hex())), stamp))
    }

    fn load(&self, entry: &Path, source: &Source) -> Option<Vec<InputReport>> {
        let bytes = fs::read(entry).ok()?;
        let Some(found) = decoded(&bytes) else {
            self.tell(format!("--state: the entry of {} was damaged; it was read again", source.path));
            return None;
        };
        // That its time cannot be set costs no more than the entry, one day.
        let _ =
            File::options().append(true).open(entry).and_then(|file| file.set_modified(SystemTime::now()));
        Some(renamed(found, source))
    }

    fn save(&self, entry: &Path, content: &Entry<&Vec<InputReport>>) -> io::Result<()> {
        let mut packed = Vec::new();
        let mut packer = rmp_serde::Serializer::new(&mut packed).with_struct_map().with_human_readable();
        content.serialize(&mut packer).map_err(io::Error::other)?;
        let mut part = tempfile::Builder::new().prefix(".entry-").tempfile_in(&self.folder)?;
        io::Write::write_all(&mut part, FORM)?;
        io::Write::write_all(&mut part, blake3::hash(&packed).as_bytes())?;
        io::Write::write_all(&mut part, &packed)?;
        // Whichever of two runs is last has the same to say.
        part.persist(entry).map(|_| ()).map_err(|error| error.error)
    }

    fn prune(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.path().extension().is_some_and(|ending| ending == ENDING)) {
            let modified = entry.metadata().and_then(|entry| entry.modified()).ok();
            let age = modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
            if age.is_some_and(|age| age > KEPT_FOR) {
                // Another run may have removed it.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Length and time of a file.
type Stamp = (u64, SystemTime);

fn stamp_of(file: &Path) -> Option<Stamp> {
    let file = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
    Some((file.len(), file.modified().ok()?))
}

fn hash(file: &Path) -> io::Result<blake3::Hash> {
    let mut file = File::open(file)?;
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; 1 << 17];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hasher.finalize()),
            read => hasher.update(block.get(..read).unwrap_or_default()),
        };
    }
}

/// The content of an entry; nothing if it is damaged or of another form.
fn decoded(bytes: &[u8]) -> Option<Entry<Vec<InputReport>>> {
    let (hash, packed) = bytes.strip_prefix(FORM)?.split_at_checked(blake3::OUT_LEN)?;
    if blake3::hash(packed).as_bytes().as_slice() != hash {
        return None;
    }
    Entry::deserialize(&mut rmp_serde::Deserializer::new(packed).with_human_readable()).ok()
}

/// The reports with the path that the input has now, and with equal texts held once.
fn renamed(found: Entry<Vec<InputReport>>, source: &Source) -> Vec<InputReport> {
    let mut texts = Texts { old: found.path, new: Arc::clone(&source.path), held: BTreeMap::new() };
    let mut reports = found.reports;
    for report in &mut reports {
        texts.place(&mut report.path);
        report.events.iter_mut().for_each(|event| texts.event(event));
        report.spans.iter_mut().for_each(|span| {
            texts.hold(&mut span.host);
            texts.hold(&mut span.source);
        });
        let inventory = &mut report.inventory;
        inventory.writers.iter_mut().for_each(|entry| texts.record(&mut entry.source));
        inventory.providers.iter_mut().for_each(|entry| texts.record(&mut entry.source));
        inventory.snapshots.iter_mut().for_each(|entry| texts.record(&mut entry.source));
        inventory.storage.iter_mut().for_each(|entry| texts.record(&mut entry.source));
        inventory.volumes.iter_mut().for_each(|entry| texts.record(&mut entry.source));
        inventory.registry.iter_mut().for_each(|entry| texts.record(&mut entry.source));
    }
    reports
}

/// Texts that many events share.
struct Texts {
    old: Arc<str>,
    new: Arc<str>,
    held: BTreeMap<Arc<str>, Arc<str>>,
}

impl Texts {
    fn hold(&mut self, text: &mut Arc<str>) {
        *text = Arc::clone(self.held.entry(Arc::clone(text)).or_insert_with_key(Arc::clone));
    }

    /// A path of the input itself or of a member of it.
    fn place(&mut self, path: &mut Arc<str>) {
        let member = path.strip_prefix(&*self.old).map(str::to_owned);
        match member.as_deref() {
            Some("") => *path = Arc::clone(&self.new),
            Some(member) if member.starts_with('!') => *path = Arc::from(format!("{}{member}", self.new)),
            _ => {}
        }
        self.hold(path);
    }

    fn record(&mut self, record: &mut RecordRef) {
        // An event of an events file names the log that it once came from, which is none of this run's.
        match &mut record.via {
            Some(via) => self.place(&mut via.input),
            None => self.place(&mut record.input),
        }
        record.channel.iter_mut().for_each(|channel| self.hold(channel));
    }

    fn event(&mut self, event: &mut Event) {
        self.record(&mut event.source);
        self.hold(&mut event.provider);
        for text in [&mut event.host, &mut event.session, &mut event.process.image, &mut event.process.user] {
            text.iter_mut().for_each(|text| self.hold(text));
        }
        if let Some(writer) = &mut event.writer {
            writer.name.iter_mut().chain(&mut writer.class_name).for_each(|text| self.hold(text));
        }
    }
}
