use super::fixture::{Lists, Node, Writer};
use super::*;
use crate::diag::fixture::{self, check_run, issues, says_loss};
use proptest::prelude::*;
use vsscope_model::InputReport;

fn read_bytes(bytes: &[u8]) -> InputReport {
    fixture::report(|out| read(&mut &*bytes, out))
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// `Diag` with the values of the run.
fn diag() -> Node {
    let keys = fixture::run().into_iter().map(|(key, steps)| {
        steps.into_iter().fold(Node::new(&key), |node, step| node.value(&step.name, REG_BINARY, &step.bytes))
    });
    Node::new("Diag").with(keys.collect())
}

fn control_set(name: &str, diag: Node) -> Node {
    let computer = Node::new("ComputerName").value("ComputerName", REG_SZ, &wide("BACKUP-7"));
    let beside = ["AFD", "BITS", "Tcpip", "W32Time"].map(Node::new);
    let services =
        Node::new("services").with([Node::new("VSS").with(vec![diag])].into_iter().chain(beside).collect());
    let control = Node::new("Control").with(vec![Node::new("ComputerName").with(vec![computer])]);
    Node::new(name).with(vec![control, services])
}

fn root(current: u32, sets: Vec<Node>) -> Node {
    let select = Node::new("Select").value("Current", REG_DWORD, &current.to_le_bytes());
    Node::new("CMI-CreateHive").with(sets.into_iter().chain([select, Node::new("Setup")]).collect())
}

fn hive() -> Vec<u8> {
    Writer::hive(&root(1, vec![control_set("ControlSet001", diag())]), Lists::Hinted(b"lh"))
}

/// Where these bytes are in a hive.
fn find(hive: &[u8], bytes: &[u8]) -> usize {
    hive.windows(bytes.len()).position(|window| window == bytes).unwrap()
}

#[test]
fn every_kind_of_list_leads_to_the_values() {
    for lists in [Lists::Hinted(b"lf"), Lists::Hinted(b"lh"), Lists::Plain, Lists::Branched] {
        let report = read_bytes(&Writer::hive(&root(1, vec![control_set("ControlSet001", diag())]), lists));
        check_run(&report);
        let key = &report.inventory.registry[0];
        assert_eq!(
            (key.path.as_str(), key.current),
            (r"ControlSet001\Services\VSS\Diag", Some(true)),
            "{lists:?}"
        );
        assert_eq!(key.default_value, None);
        assert_eq!(report.events[0].host.as_deref(), Some("BACKUP-7"));
        assert_eq!(&*report.spans[0].host, "BACKUP-7");
        assert!(report.partial.unwrap().contains("SPP and SystemRestore"));
    }
}

#[test]
fn the_place_of_an_event_is_that_of_its_value() {
    let hive = hive();
    let offset = usize::try_from(read_bytes(&hive).events[0].source.offset.unwrap()).unwrap();
    assert_eq!(&hive[offset + 4..offset + 6], b"vk");
    assert_eq!(&hive[offset + 0x18..offset + 0x29], b"SppCreate (Enter)");
}

#[test]
fn all_control_sets_are_read_and_the_current_one_is_named() {
    let older = Node::new("Diag").with(vec![Node::new("SPP").value(
        "SppCreate (Enter)",
        REG_BINARY,
        &fixture::blob(0, 1, 0, 0, vsscope_model::Guid::NULL),
    )]);
    let sets = vec![
        control_set("ControlSet001", older),
        control_set("ControlSet003", diag()),
        control_set("ControlSetX", diag()),
    ];
    let report = read_bytes(&Writer::hive(&root(3, sets), Lists::Plain));
    let current: Vec<_> = report.inventory.registry.iter().map(|key| (key.current, key.values)).collect();
    assert_eq!(current, [(Some(false), 1), (Some(true), 12)]);
    assert_eq!((report.records, report.events.len()), (13, 12));
    let notes = issues(&report, IssueKind::Note);
    assert!(
        notes.iter().any(|note| note.message.ends_with("ControlSet001, ControlSet003 (current)")),
        "{notes:?}"
    );
}

#[test]
fn what_diag_says_of_itself_is_told() {
    let mut diag = diag().value("", REG_SZ, &wide("Disabled"));
    // 2018-04-04T06:32:07.371219Z.
    diag.last_write = 131_672_971_273_712_190;
    diag.volatile = 14;
    let report =
        read_bytes(&Writer::hive(&root(1, vec![control_set("ControlSet001", diag)]), Lists::Hinted(b"lf")));
    check_run(&report);
    let key = &report.inventory.registry[0];
    assert_eq!(key.default_value.as_deref(), Some("Disabled"));
    assert_eq!(key.last_write, "2018-04-04T06:32:07.371219Z".parse().ok());
    assert_eq!(key.volatile_subkeys, Some(14));
    let notes = issues(&report, IssueKind::Note);
    assert!(notes.iter().any(
        |note| note.message.contains("2018-04-04T06:32:07.371219Z") && note.message.contains("inferred")
    ));
    assert!(notes.iter().any(|note| note.message.starts_with("14 subkeys")));
}

#[test]
fn names_in_utf_16_and_big_data_are_read() {
    let step = &fixture::run()[0].1[0];
    let mut big = step.bytes.clone();
    big.resize(40_000, 0);
    let diag = Node::new("Diag").with(vec![
        Node::new("Писатель").value("FREEZE (Enter)", REG_BINARY, &step.bytes),
        Node::new("SPP").value("SppCreate (Enter)", REG_BINARY, &big),
    ]);
    let report = read_bytes(&Writer::hive(&root(1, vec![control_set("ControlSet001", diag)]), Lists::Plain));
    assert_eq!(report.events.len(), 2);
    assert_eq!(report.inventory.registry[0].subkeys, ["Писатель", "SPP"]);
    assert!(
        report
            .events
            .iter()
            .any(|event| event.writer.as_ref().is_some_and(|w| w.name.as_deref() == Some("Писатель")))
    );
    assert!(issues(&report, IssueKind::Note).iter().any(|note| note.message.contains("longer than it says")));
}

#[test]
fn a_dirty_hive_and_a_wrong_checksum_are_told_and_read() {
    let mut hive = hive();
    hive[8] = 6;
    let report = read_bytes(&hive);
    check_run(&report);
    assert!(issues(&report, IssueKind::Note).iter().any(|note| note.message.contains("dirty")));
    assert_eq!(issues(&report, IssueKind::Checksum).len(), 1);
}

#[test]
fn a_damaged_base_block_costs_nothing_where_the_root_lies_as_usual() {
    let Some(mut hive) = sample("SYSTEM-win8.1-x64") else { return };
    hive[4..0x1000].fill(0xAA);
    let report = read_bytes(&hive);
    assert_eq!(report.events.len(), 12);
    hive[..4].fill(0);
    assert_eq!(read_bytes(&hive).events.len(), 12);
}

#[test]
fn a_transaction_log_is_named() {
    let mut log = b"regf".to_vec();
    log.extend([7_u32, 7, 0, 0, 1, 5, 6, 1, 0x20, 0x1000].map(u32::to_le_bytes).concat());
    log.resize(0x200, 0);
    log.extend(b"HvLE");
    log.resize(0x2000, 0);
    let report = read_bytes(&log);
    assert_eq!(report.issues.len(), 1);
    assert!(report.issues[0].message.contains("transaction log"));
}

#[test]
fn a_hive_without_the_key_is_noted() {
    let report =
        read_bytes(&Writer::hive(&Node::new("ROOT").with(vec![Node::new("Software")]), Lists::Plain));
    assert_eq!(report.issues.len(), 1, "{:?}", report.issues);
    assert!(report.issues[0].message.contains("holds no key"));
    let xp = Node::new("ControlSet001").with(vec![Node::new("Services").with(vec![Node::new("VSS")])]);
    let report = read_bytes(&Writer::hive(&root(1, vec![xp]), Lists::Plain));
    assert!(report.issues.iter().all(|issue| !issue.kind.is_loss()), "{:?}", report.issues);
}

#[test]
fn damage_beside_the_path_costs_nothing() {
    let mut hive = hive();
    let at = find(&hive, b"Tcpip");
    hive[at - 0x4C..at + 5].fill(0);
    check_run(&read_bytes(&hive));
}

#[test]
fn damage_on_the_path_is_told() {
    for name in ["services", "VSS", "Diag"] {
        let mut hive = hive();
        let length = u32::try_from(name.len()).unwrap();
        let at = find(&hive, &[&length.to_le_bytes(), name.as_bytes()].concat()) + 4;
        hive[at - 0x4C..at].fill(0);
        let report = read_bytes(&hive);
        assert_eq!(report.events.len(), 0);
        assert!(report.lost > 0 && says_loss(&report));
    }
}

#[test]
fn a_damaged_value_or_subkey_costs_only_itself() {
    let mut damaged = hive();
    let at = find(&damaged, b"FREEZE_".get(..6).unwrap());
    damaged[at - 0x14] = 0;
    let report = read_bytes(&damaged);
    assert_eq!((report.records, report.lost), (11, 1));
    let mut damaged = hive();
    let at = find(&damaged, b"VssvcPublisher");
    damaged[at - 0x4C] = 0;
    let report = read_bytes(&damaged);
    assert_eq!((report.records, report.lost), (10, 1));
    assert!(issues(&report, IssueKind::Record)[0].message.contains("below"));
}

#[test]
fn lists_that_lead_in_circles_end() {
    let mut hive = Writer::hive(&root(1, vec![control_set("ControlSet001", diag())]), Lists::Branched);
    let lists: Vec<usize> = (0..hive.len() - 2).filter(|at| &hive[*at..at + 2] == b"ri").collect();
    for at in lists {
        let own = u32::try_from(at - 4 - 0x1000).unwrap();
        hive[at + 2..at + 4].copy_from_slice(&1_u16.to_le_bytes());
        hive[at + 4..at + 8].copy_from_slice(&own.to_le_bytes());
    }
    assert!(says_loss(&read_bytes(&hive)));
}

/// Cells may overlap: a few MB could hold 65,000 names of 64 KiB each, which took gigabytes.
#[test]
fn long_names_of_cells_that_overlap_are_not_kept() {
    let key = |name: &[u8]| {
        let mut cell = b"nk".to_vec();
        cell.extend(0x20_u16.to_le_bytes());
        cell.resize(0x48, 0);
        cell.extend((name.len() as u16).to_le_bytes());
        cell.extend([0, 0]);
        cell.extend(name);
        cells::key(&cell).map(|(_, key)| key.name.len()).ok()
    };
    assert_eq!((key(&[b'k'; 255]), key(&[b'k'; 510])), (Some(255), Some(510)));
    assert_eq!(key(&[b'k'; 511]), None, "no key has such a name");
    let value = |name: &[u8]| {
        let mut cell = b"vk".to_vec();
        cell.extend((name.len() as u16).to_le_bytes());
        cell.extend([0; 12]);
        cell.extend([1, 0, 0, 0]);
        cell.extend(name);
        cells::value(&cell).unwrap().1.name.len()
    };
    assert_eq!((value(b"FREEZE (Enter)"), value(&[b'v'; 60_000])), (14, 4000));
}

#[test]
fn a_hive_that_is_cut_anywhere_gives_what_is_there_and_says_so() {
    let hive = hive();
    for length in 0..hive.len() {
        let report = read_bytes(&hive[..length]);
        assert!(!report.issues.is_empty(), "{length}");
        assert!(length < 0x30 || !issues(&report, IssueKind::Truncated).is_empty(), "{length}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_to_a_hive_gives_a_report(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..60),
        branched in any::<bool>(),
    ) {
        let lists = if branched { Lists::Branched } else { Lists::Hinted(b"lh") };
        let mut hive = Writer::hive(&root(1, vec![control_set("ControlSet001", diag())]), lists);
        for (index, value) in flips {
            let at = index.index(hive.len());
            hive[at] = value;
        }
        let report = read_bytes(&hive);
        prop_assert!(report.events.len() <= 12);
        prop_assert!(!report.issues.is_empty());
    }

    #[test]
    fn any_bytes_behind_the_magic_give_a_report(rest in prop::collection::vec(any::<u8>(), 0..9000)) {
        read_bytes(&[MAGIC, &rest].concat());
    }
}

/// A hive of the reference folder beside the project.
#[allow(clippy::print_stderr)]
fn sample(name: &str) -> Option<Vec<u8>> {
    let path = format!("{}/../../shared/samples/hives/{name}", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path);
    if bytes.is_err() {
        eprintln!("skipped: {path} is not there");
    }
    bytes.ok()
}

/// Random bytes, sectors and cuts, at fixed places of a real hive; the path to `Diag` lies in its first 3 MB.
#[test]
fn three_hundred_damaged_copies_of_a_real_hive_give_reports() {
    let Some(whole) = sample("SYSTEM-win8.1-x64") else { return };
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(below).unwrap()).unwrap()
    };
    let bins = crate::bytes::u32_at(&whole, 0x28).unwrap();
    let needed = 0x1000 + usize::try_from(bins).unwrap();
    let mut hive = whole.clone();
    let mut complete = 0;
    for round in 0..300 {
        let report = match round % 3 {
            0 => {
                let length = next(whole.len());
                let report = read_bytes(&whole[..length]);
                assert!(says_loss(&report) || length < 0x30 || length >= needed, "{length}");
                report
            }
            1 => {
                let changed: Vec<usize> = (0..2000).map(|_| next(whole.len().min(4 << 20))).collect();
                changed.iter().for_each(|at| hive[*at] = u8::try_from(next(256)).unwrap());
                let report = read_bytes(&hive);
                changed.iter().for_each(|at| hive[*at] = whole[*at]);
                report
            }
            _ => {
                let sector = 0x1000 + next((4 << 20) / 512) * 512;
                hive[sector..sector + 512].fill(0);
                let report = read_bytes(&hive);
                hive[sector..sector + 512].copy_from_slice(&whole[sector..sector + 512]);
                assert!(report.records == 12 || says_loss(&report), "sector {sector:#x}");
                report
            }
        };
        assert!(report.records <= 12);
        complete += usize::from(report.records == 12);
    }
    assert!(complete > 100, "{complete}");
    assert_eq!(read_bytes(&hive).records, 12);
}
