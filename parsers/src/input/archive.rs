//! Members of zip archives, read as streams. One level deep: an archive inside an archive is not opened.
//!
//! A small archive can hold endless zeros, so expansion is limited. Logs do compress well (an event log that was created
//! with its full size is mostly zeros, and deflate reaches 1:1000 on those), so the ratio only counts beyond a size that
//! is read in seconds.

mod directory;

use super::tap::{Limit, Tap};
use super::view::{Stored, View};
use super::{Progress, ReadOptions, Source, blank, nothing, read_content, sniff, unknown, unreadable};
use rayon::prelude::*;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use vsscope_model::{InputReport, IssueKind};
use zip::ZipArchive;
use zip::read::ZipFile;

/// How far archives may expand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of one member below which the ratio does not count.
    pub free: u64,
    /// Bytes out per byte in, beyond that.
    pub ratio: u64,
    /// Bytes of one member in any case.
    pub member: u64,
    /// Bytes of all members together.
    pub archive: u64,
    /// Members looked at.
    pub members: usize,
    /// Members that a directory may count; all of a directory is kept in memory.
    pub directory: u64,
}

impl Default for Limits {
    /// 1 GiB free, then 1:100; 16 GiB per member, 64 GiB and 20,000 members per archive, 200,000 in its directory.
    fn default() -> Self {
        Limits {
            free: 1 << 30,
            ratio: 100,
            member: 16 << 30,
            archive: 64 << 30,
            members: 20_000,
            directory: 200_000,
        }
    }
}

impl Limits {
    /// How far a member of this packed size may expand.
    pub fn of_member(&self, packed: u64) -> u64 {
        packed.saturating_mul(self.ratio).max(self.free).min(self.member)
    }
}

/// Signatures of a zip file: a member, an empty archive, a part of a split one.
const MAGICS: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"];

/// Whether an archive begins like this.
pub(crate) fn has_magic(head: &[u8]) -> bool {
    MAGICS.iter().any(|magic| head.starts_with(magic))
}

/// Whether a file is an archive; it is left at its start.
pub(crate) fn is_zip(mut file: &File) -> bool {
    let mut head = Vec::new();
    let read = file.take(4).read_to_end(&mut head);
    let rewound = file.seek(SeekFrom::Start(0));
    read.is_ok() && rewound.is_ok() && has_magic(&head)
}

/// Reads an archive that comes as a stream, through a temporary file.
pub(crate) fn read_spooled(
    source: &Source,
    stream: &mut dyn Read,
    options: &ReadOptions,
) -> Vec<InputReport> {
    match spool(stream) {
        Ok(file) => read(source, Stored::File(&file), options, &Limits::default(), &()),
        Err(error) => {
            vec![unreadable(&source.path, &format!("cannot be copied to a temporary file: {error}"))]
        }
    }
}

/// Copies a stream into a temporary file without a name, for formats that cannot be read from front to back.
pub(crate) fn spool(stream: &mut dyn Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(stream, &mut file)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// Reads the members of an archive, several at a time where there are threads for it.
pub(crate) fn read(
    source: &Source,
    content: Stored<'_>,
    options: &ReadOptions,
    limits: &Limits,
    progress: &dyn Progress,
) -> Vec<InputReport> {
    let bytes = content.length();
    let view = View::new(content, progress);
    let archive = match open(view.clone(), limits) {
        Ok(archive) => archive,
        Err(error) => {
            let members = without_directory(source, view, bytes, options, limits);
            if !members.is_empty() {
                return members;
            }
            return vec![unreadable(&source.path, &format!("the zip archive cannot be opened: {error}"))];
        }
    };
    let mut reports = Vec::new();
    let mut closed = blank(&source.path, bytes);
    let mut left = limits.archive;
    let (mut next, mut packed) = (0_usize, 0_u64);
    while next < archive.len() {
        if next >= limits.members || left == 0 {
            let message = "the archive is too large; the rest of its members was not read";
            reports.push(nothing(&source.path, IssueKind::Unreadable, message, bytes));
            break;
        }
        let lie_apart = |index: &usize| {
            packed = packed.saturating_add(packed_size(&archive, *index));
            packed <= bytes
        };
        let apart = (next..together(&archive, next, limits, left)).take_while(lie_apart).count();
        if apart == 0 {
            let message = "members of the archive lie over each other; the rest of them was not read";
            reports.push(nothing(&source.path, IssueKind::Unreadable, message, bytes));
            break;
        }
        let end = next.saturating_add(apart);
        let members = (next..end).into_par_iter().map(|index| {
            let mut archive = archive.clone();
            let member = archive.by_index(index).map_err(|error| error.to_string())?;
            Ok::<_, String>(read_member(source, member, options, limits, left))
        });
        for (index, member) in (next..end).zip(members.collect::<Vec<_>>()) {
            match member {
                Ok((report, expanded)) => {
                    left = left.saturating_sub(expanded);
                    reports.extend(report);
                }
                Err(error) => {
                    let message = format!("a member of the zip archive cannot be opened: {error}");
                    closed.issue(IssueKind::Unreadable, format!("member {index}"), message);
                }
            }
        }
        next = end;
    }
    if !closed.issues.is_empty() {
        reports.push(closed);
    }
    if reports.is_empty() && source.named {
        reports.push(unknown(&source.path, "a zip archive without a log that vsscope knows", bytes));
    }
    reports
}

/// Opens an archive by its directory, unless that counts more members than anyone packs.
fn open<'v>(mut view: View<'v>, limits: &Limits) -> zip::result::ZipResult<ZipArchive<View<'v>>> {
    let counted = directory::members(&mut view)?.filter(|members| *members > limits.directory);
    if let Some(members) = counted {
        return Err(io::Error::other(format!("its directory counts {members} members")).into());
    }
    ZipArchive::new(view)
}

/// Bytes that a member takes in the archive, as the directory has it.
fn packed_size(archive: &ZipArchive<View<'_>>, index: usize) -> u64 {
    archive.by_index_data(index).map_or(0, |member| member.compressed_size())
}

/// Where the members end that can be read at a time from this one on: those that surely expand no further than what is left
/// of the archive's limit, so that it does not depend on their sequence how far each of them is read. One at least.
fn together(archive: &ZipArchive<View<'_>>, from: usize, limits: &Limits, left: u64) -> usize {
    let mut sum = 0_u64;
    let fits = |index: &usize| {
        sum = sum.saturating_add(limits.of_member(packed_size(archive, *index)));
        sum <= left
    };
    let most = archive.len().min(limits.members);
    let fitting = (from..most).take_while(fits).count();
    from.saturating_add(fitting.max(1))
}

/// Reads the members of an archive whose directory, which is its last part, is cut off or damaged: one after the other
/// from the start, up to the damage. Empty if not even the first one can be read.
fn without_directory(
    source: &Source,
    mut view: View<'_>,
    bytes: u64,
    options: &ReadOptions,
    limits: &Limits,
) -> Vec<InputReport> {
    let mut reports = Vec::new();
    let mut left = limits.archive;
    for _ in 0..limits.members {
        let Ok(Some(member)) = zip::read::read_zipfile_from_stream(&mut view) else { break };
        let (report, expanded) = read_member(source, member, options, limits, left);
        left = left.saturating_sub(expanded);
        let broken =
            report.as_ref().is_some_and(|r| r.issues.iter().any(|i| i.kind == IssueKind::Unreadable));
        reports.extend(report);
        if broken || left == 0 {
            break;
        }
    }
    // What a member lost to the damage is one more thing that is cut, not a member that was of no use.
    for issue in reports.iter_mut().filter(|r| r.records > 0).flat_map(|r| &mut r.issues) {
        if issue.kind == IssueKind::Unreadable {
            issue.kind = IssueKind::Truncated;
        }
    }
    if reports.iter().any(|report| report.records > 0) {
        let mut closed = blank(&source.path, bytes);
        let message = "the archive's directory is cut off, damaged or too large; its members were read from the start, up to the damage";
        closed.issue(IssueKind::Truncated, format!("offset {bytes:#x}"), message);
        reports.push(closed);
    } else {
        reports.clear();
    }
    reports
}

/// Hands over the members one by one, with their names and packed sizes, as long as the visitor says so. Where the directory
/// is cut off or damaged they are read from the start, up to the damage.
pub(crate) fn each_member(
    file: File,
    members: usize,
    visit: &mut dyn FnMut(&str, u64, &mut dyn Read) -> bool,
) {
    let again = file.try_clone();
    if let Ok(mut archive) = open(View::new(Stored::File(&file), &()), &Limits::default()) {
        for index in 0..archive.len().min(members) {
            if archive.by_index(index).is_ok_and(|member| !visited(member, visit)) {
                return;
            }
        }
        return;
    }
    let Ok(mut file) = again else { return };
    if file.seek(SeekFrom::Start(0)).is_err() {
        return;
    }
    let mut stream = BufReader::with_capacity(1 << 17, file);
    for _ in 0..members {
        let Ok(Some(member)) = zip::read::read_zipfile_from_stream(&mut stream) else { return };
        if !visited(member, visit) {
            return;
        }
    }
}

/// Hands a member to a visitor; whether to go on.
fn visited<R: Read>(
    mut member: ZipFile<'_, R>,
    visit: &mut dyn FnMut(&str, u64, &mut dyn Read) -> bool,
) -> bool {
    let name = String::from_utf8_lossy(member.name_raw()).into_owned();
    let packed = member.compressed_size();
    member.is_dir() || is_resource_fork(&name) || visit(&name, packed, &mut member)
}

/// Reads one member, and says how far it expanded.
fn read_member<R: Read>(
    source: &Source,
    mut member: ZipFile<'_, R>,
    options: &ReadOptions,
    limits: &Limits,
    left: u64,
) -> (Option<InputReport>, u64) {
    let name = String::from_utf8_lossy(member.name_raw()).into_owned();
    if member.is_dir() || is_resource_fork(&name) {
        return (None, 0);
    }
    let path: Arc<str> = Arc::from(format!("{}!{name}", source.path));
    let bytes = limits.of_member(member.compressed_size()).min(left);
    let message = format!("the member expands too far; reading stopped after {bytes} bytes");
    let mut tap = Tap::limited(&mut member, &(), Limit { bytes, message });
    let head = sniff::head(&mut tap);
    let expanded = u64::try_from(head.len()).unwrap_or(u64::MAX);
    if has_magic(&head) {
        let report = nothing(&path, IssueKind::Note, "an archive inside an archive is not opened", expanded);
        return (Some(report), expanded);
    }
    // Members are as a folder's files: those that are no logs are none of our business.
    let report = read_content(&path, false, head, tap, options);
    let expanded = report.as_ref().map_or(expanded, |report| report.bytes);
    (report, expanded)
}

/// What macOS adds to archives beside the real members.
fn is_resource_fork(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| part == "__MACOSX")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    const LINE: &str = r#"{"SourceName":"VSS","EventID":8224,"Channel":"Application","Hostname":"H1","TimeCreated":"2031-03-07T04:05:06Z","Message":"m"}"#;

    fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, bytes) in members {
            if name.ends_with('/') {
                writer.add_directory(*name, SimpleFileOptions::default()).unwrap();
            } else {
                writer.start_file(*name, SimpleFileOptions::default()).unwrap();
                writer.write_all(bytes).unwrap();
            }
        }
        writer.finish().unwrap().into_inner()
    }

    fn stored(bytes: &[u8]) -> (tempfile::TempDir, Source) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs.zip");
        std::fs::write(&path, bytes).unwrap();
        let source = Source { path: Arc::from("logs.zip"), ..Source::file(path) };
        (folder, source)
    }

    fn paths(reports: &[InputReport]) -> Vec<&str> {
        reports.iter().map(|report| &*report.path).collect()
    }

    #[test]
    fn each_member_that_is_a_log_gives_a_report() {
        let inner = zip_of(&[("a.json", LINE.as_bytes())]);
        let (_folder, source) = stored(&zip_of(&[
            ("folder/", b""),
            ("folder/a.txt", LINE.as_bytes()),
            ("picture.evtx", b"\xFF\xD8\xFF\xE0"),
            ("empty.json", b""),
            ("__MACOSX/folder/._a.txt", LINE.as_bytes()),
            ("inner.zip", &inner),
            ("b.json", format!("{LINE}\n{LINE}\n").as_bytes()),
        ]));
        let reports = read(&source, &ReadOptions::default(), &());
        assert_eq!(paths(&reports), ["logs.zip!folder/a.txt", "logs.zip!inner.zip", "logs.zip!b.json"]);
        assert_eq!(reports.iter().map(|report| report.records).collect::<Vec<_>>(), [1, 0, 2]);
        assert_eq!(reports[1].issues[0].kind, IssueKind::Note);
        assert_eq!(&*reports[2].events[0].source.input, "logs.zip!b.json");
    }

    #[test]
    fn an_archive_without_logs_is_told_only_if_it_was_named() {
        let (_folder, source) = stored(&zip_of(&[("readme.txt", b"hello")]));
        let reports = read(&source, &ReadOptions::default(), &());
        assert_eq!(reports[0].issues[0].kind, IssueKind::UnknownFormat);
        assert!(read(&Source { named: false, ..source }, &ReadOptions::default(), &()).is_empty());
    }

    #[test]
    fn a_damaged_archive_is_an_issue() {
        let mut bytes = zip_of(&[("a.json", LINE.as_bytes())]);
        bytes.truncate(bytes.len() / 2);
        let (_folder, source) = stored(&bytes);
        let reports = read(&source, &ReadOptions::default(), &());
        assert_eq!((reports.len(), reports[0].issues[0].kind), (1, IssueKind::Unreadable));
    }

    #[test]
    fn a_cut_archive_gives_the_members_before_the_cut() {
        let long = format!("{LINE}\n").repeat(500);
        let whole =
            zip_of(&[("a.json", LINE.as_bytes()), ("b.json", long.as_bytes()), ("c.json", LINE.as_bytes())]);
        let heads: Vec<usize> = memchr::memmem::find_iter(&whole, b"PK\x03\x04").collect();
        // Inside the second member, and behind the third.
        for (cut, expected) in [
            (heads[1] + 60, vec!["logs.zip!a.json"]),
            (whole.len() - 10, vec!["logs.zip!a.json", "logs.zip!b.json", "logs.zip!c.json"]),
        ] {
            let (_folder, source) = stored(&whole[..cut]);
            let reports = read(&source, &ReadOptions::default(), &());
            let whole_members: Vec<&str> =
                reports.iter().filter(|r| r.issues.is_empty()).map(|r| &*r.path).collect();
            assert_eq!(whole_members, expected, "cut at {cut}");
            let last = reports.last().unwrap();
            assert_eq!((&*last.path, last.issues[0].kind), ("logs.zip", IssueKind::Truncated));
        }
    }

    #[test]
    fn members_that_cannot_be_opened_were_a_report_each() {
        let members: Vec<(String, &[u8])> =
            (0..300).map(|number| (format!("{number}.json"), LINE.as_bytes())).collect();
        let members: Vec<(&str, &[u8])> =
            members.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        let mut bytes = zip_of(&members);
        let heads: Vec<usize> = memchr::memmem::find_iter(&bytes, b"PK\x03\x04").skip(1).collect();
        assert_eq!(heads.len(), 299);
        for head in heads {
            bytes[head] = b'Q';
        }
        let (_folder, source) = stored(&bytes);
        let reports = read(&source, &ReadOptions::default(), &());
        assert_eq!(paths(&reports), ["logs.zip!0.json", "logs.zip"]);
        assert_eq!((reports[1].issues.len(), reports[1].issues[0].count), (1, 299));
        assert_eq!(reports[1].issues[0].place, "member 1");
    }

    /// Sets the number of members at the archive's end.
    fn counting(archive: &mut [u8], members: u16) {
        let end = archive.len() - 22;
        archive[end + 8..end + 10].copy_from_slice(&members.to_le_bytes());
        archive[end + 10..end + 12].copy_from_slice(&members.to_le_bytes());
    }

    #[test]
    fn a_directory_that_counts_too_many_members_is_not_opened() {
        let mut bytes = zip_of(&[("a.json", LINE.as_bytes()), ("b.json", LINE.as_bytes())]);
        counting(&mut bytes, 60_000);
        let (_folder, source) = stored(&bytes);
        let limits = Limits { directory: 50_000, ..Limits::default() };
        let file = File::open(source.file.as_ref().unwrap()).unwrap();
        let reports = super::read(&source, Stored::File(&file), &ReadOptions::default(), &limits, &());
        assert_eq!(paths(&reports), ["logs.zip!a.json", "logs.zip!b.json", "logs.zip"]);
        assert!(reports[2].issues[0].message.contains("too large"), "{:?}", reports[2].issues);
    }

    /// A megabyte of zeros that a thousand entries name would be read a thousand times.
    #[test]
    fn members_that_share_their_bytes_are_read_once() {
        let members: Vec<String> = (0..40).map(|number| format!("{number:02}.json")).collect();
        let lines = format!("{LINE}\n").repeat(20);
        let content: Vec<(&str, &[u8])> = members
            .iter()
            .map(|name| (name.as_str(), if name == "00.json" { lines.as_bytes() } else { &[] }))
            .collect();
        let mut writer = ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, bytes) in content {
            let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            writer.start_file(name, plain).unwrap();
            writer.write_all(bytes).unwrap();
        }
        let mut bytes = writer.finish().unwrap().into_inner();
        // Every entry gets checksum, sizes and place of the first.
        let entries: Vec<usize> = memchr::memmem::find_iter(&bytes, b"PK\x01\x02").collect();
        for entry in &entries[1..] {
            bytes.copy_within(entries[0] + 16..entries[0] + 28, entry + 16);
            bytes.copy_within(entries[0] + 42..entries[0] + 46, entry + 42);
        }
        let (_folder, source) = stored(&bytes);
        let reports = read(&source, &ReadOptions::default(), &());
        let read: u64 = reports.iter().map(|report| report.records).sum();
        assert!((20..=80).contains(&read), "{read} records of 20");
        let last = reports.last().unwrap();
        assert!(last.issues[0].message.contains("over each other"), "{:?}", last.issues);
    }

    #[test]
    fn a_member_that_breaks_off_gives_what_came_before() {
        let lines = format!("{LINE}\n").repeat(2000);
        let mut writer = ZipWriter::new(io::Cursor::new(Vec::new()));
        let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file("a.json", plain).unwrap();
        writer.write_all(lines.as_bytes()).unwrap();
        let mut bytes = writer.finish().unwrap().into_inner();
        bytes[200_000] ^= 1;
        let (_folder, source) = stored(&bytes);
        let [report] = &read(&source, &ReadOptions::default(), &())[..] else { panic!() };
        assert!(report.records > 1900, "{}", report.records);
        let unreadable = report.issues.iter().find(|issue| issue.kind == IssueKind::Unreadable);
        assert!(unreadable.is_some(), "a checksum that does not fit: {:?}", report.issues);
    }

    #[test]
    fn expansion_is_limited() {
        let zeros = vec![0_u8; 4 << 20];
        let mut bomb = LINE.as_bytes().to_vec();
        bomb.push(b'\n');
        bomb.extend_from_slice(&zeros);
        let bytes = zip_of(&[("bomb.json", &bomb), ("a.json", LINE.as_bytes())]);
        let (_folder, source) = stored(&bytes);
        let within = |limits: Limits| {
            let file = File::open(source.file.as_ref().unwrap()).unwrap();
            super::read(&source, Stored::File(&file), &ReadOptions::default(), &limits, &())
        };
        let stopped =
            |report: &InputReport| report.issues.iter().any(|i| i.message.contains("expands too far"));

        let normal = within(Limits::default());
        assert!(!normal.iter().any(stopped));
        let by_ratio = within(Limits { free: 1 << 20, ..Limits::default() });
        assert!(stopped(&by_ratio[0]) && by_ratio[0].records == 1);
        assert_eq!((by_ratio[1].records, stopped(&by_ratio[1])), (1, false));
        let by_size = within(Limits { member: 1 << 20, ..Limits::default() });
        assert!(stopped(&by_size[0]));
        let by_sum = within(Limits { archive: 1 << 20, ..Limits::default() });
        assert_eq!(by_sum.len(), 2);
        assert!(by_sum[1].issues[0].message.contains("rest of its members"));
        assert!(
            within(Limits { members: 1, ..Limits::default() })[1].issues[0]
                .message
                .contains("rest of its members")
        );
    }

    #[test]
    fn an_archive_in_memory_is_read_where_it_is() {
        let bytes = zip_of(&[("a.json", LINE.as_bytes()), ("b.json", LINE.as_bytes())]);
        let reports = crate::read_bytes("held.zip", &bytes, &ReadOptions::default());
        assert_eq!(paths(&reports), ["held.zip!a.json", "held.zip!b.json"]);
        assert_eq!(reports[1].records, 1);
    }

    #[test]
    fn the_limit_of_an_archive_does_not_depend_on_threads() {
        let lines = format!("{LINE}\n").repeat(20);
        let names: Vec<String> = (0..40).map(|number| format!("{number}.json")).collect();
        let members: Vec<(&str, &[u8])> =
            names.iter().map(|name| (name.as_str(), lines.as_bytes())).collect();
        let bytes = zip_of(&members);
        let source = Source { path: Arc::from("logs.zip"), ..Source::stdin() };
        let one = u64::try_from(lines.len()).unwrap();
        let limits = Limits { free: one, ratio: 1, archive: 10 * one + 100, ..Limits::default() };
        let read = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let options = ReadOptions::default();
            pool.install(|| super::read(&source, Stored::Held(&bytes), &options, &limits, &()))
        };
        let reports = read(1);
        assert_eq!(reports.len(), 12, "ten members, a part of one, and that the rest was not read");
        assert_eq!(read(4), reports);
    }

    #[test]
    fn a_stream_is_spooled() {
        let bytes = zip_of(&[("a.json", LINE.as_bytes())]);
        let source = Source::stdin();
        let reports = super::super::read_stream(&source, &mut bytes.as_slice(), &ReadOptions::default(), &());
        assert_eq!((paths(&reports), reports[0].records), (vec!["-!a.json"], 1));
    }
}
