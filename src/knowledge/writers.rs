//! Writers by class id: name and hosting process.
//!
//! Class ids and names: Microsoft's "In-box VSS writers" page and public listings; the process is named only where a
//! public source names it.

use vsscope_model::Guid;

/// A known writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownWriter {
    /// Class id.
    pub class_id: Guid,
    /// Name.
    pub name: &'static str,
}

/// The Exchange writers (store and replica) share one class id.
pub const EXCHANGE: Guid = guid(0x76fe1ac4_15f7_4bcd_987e_8e1acb462fb7);
/// NTDS, the Active Directory writer; lives in lsass.
pub const NTDS: Guid = guid(0xb2014c9e_8711_4c5c_a5a9_3cf384484757);
/// SqlServerWriter.
pub const SQL_SERVER: Guid = guid(0xa65faa63_5ea8_4ebc_9dbd_a0c4db26912a);

const fn guid(bits: u128) -> Guid {
    Guid::from_bits(bits)
}

/// A writer and the ESE process under which its database engine logs.
const ESE_PROCESSES: &[(&str, Guid)] = &[
    ("lsass", NTDS),
    ("NTDS", NTDS),
    ("store", EXCHANGE),
    ("Information Store", EXCHANGE),
    ("Microsoft.Exchange.Store.Worker", EXCHANGE),
];

/// Writers with several names for one class id come once per name.
#[rustfmt::skip]
const WRITERS: &[(u128, &str)] = &[
    (0xafbab4a2_367d_4d15_a586_71dbb18f8485, "Registry Writer"),
    (0x542da469_d3e1_473c_9f4f_7847f01fc64f, "COM+ REGDB Writer"),
    (0x4dc3bdd4_ab48_4d07_adb0_3bee2926fd7f, "Shadow Copy Optimization Writer"),
    (0xbe000cbe_11fe_4426_9c58_531aa6355fc4, "ASR Writer"),
    (0x75dfb225_e2e4_4d39_9ac9_ffaff65ddf06, "VSS Metadata Store Writer"),
    (0x75dfb225_e2e4_4d39_9ac9_ffaff65ddf06, "VSS Express Writer Metadata Store Writer"),
    (0x0bada1de_01a9_4625_8278_69e735f39dd2, "Performance Counters Writer"),
    (0xd61d61c8_d73a_4eee_8cdd_f6f9786b7124, "Task Scheduler Writer"),
    (0xe8132975_6f93_4464_a53e_1050253ae220, "System Writer"),
    (0xa6ad56c2_b509_4e6c_bb19_49d8f43532f0, "WMI Writer"),
    (0x4969d978_be47_48b0_b100_f328f07ac1e0, "BITS Writer"),
    (0x2a40fd15_dfca_4aa8_a654_1f8c654603f6, "IIS Config Writer"),
    (0x59b1f0cf_90ef_465f_9609_6ca8b2938366, "IIS Metabase Writer"),
    (0xa65faa63_5ea8_4ebc_9dbd_a0c4db26912a, "SqlServerWriter"),
    (0xf8544ac1_0611_4fa5_b04b_f7ee00b03277, "MSDEWriter"),
    (0x8d5194e1_e455_434a_b2e5_51296cce67df, "WIDWriter"),
    (0x76fe1ac4_15f7_4bcd_987e_8e1acb462fb7, "Microsoft Exchange Writer"),
    (0x76fe1ac4_15f7_4bcd_987e_8e1acb462fb7, "Microsoft Exchange Replica Writer"),
    (0x66841cd4_6ded_4f4b_8f17_fd23f8ddc3de, "Microsoft Hyper-V VSS Writer"),
    (0xb2014c9e_8711_4c5c_a5a9_3cf384484757, "NTDS"),
    (0xdd846aaa_a1b6_42a8_aaf8_03dcb6114bfd, "ADAM (instanceN) Writer"),
    (0x2707761b_2324_473d_88eb_eb007a359533, "DFS Replication service writer"),
    (0xd76f5a28_3092_4589_ba48_2958fb88ce29, "FRS Writer"),
    (0xbe9ac81e_3619_421f_920f_4c6fea9e93ad, "Dhcp Jet Writer"),
    (0xf08c1483_8407_4a26_8c26_6c267a629741, "WINS Jet Writer"),
    (0x6f5b15b5_da24_4d88_b737_63063e3a1f86, "Certificate Authority"),
    (0x6f5b15b5_da24_4d88_b737_63063e3a1f86, "Certificate Server Writer"),
    (0x5382579c_98df_47a7_ac6c_98a6d7106e09, "TermServLicensing"),
    (0x368753ec_572e_4fc7_b4b9_ccd9bdc624cb, "TS Gateway Writer"),
    (0x12ce4370_5bb7_4c58_a76a_e5d5097e3674, "FSRM Writer"),
    (0xcd3f2362_8bef_46c7_9181_d62844cdc0b2, "MSSearch Service Writer"),
    (0x35e81631_13e1_48db_97fc_d5bc721bb18a, "NPS VSS Writer"),
    (0x7e47b561_971a_46e6_96b9_696eeaa53b2a, "MSMQ Writer"),
    (0x41db4dbf_6046_470e_8ad5_d5081dfb1b70, "Dedup Writer"),
    (0xd46bf321_fdba_4a35_8ec3_454df03bc86a, "Sync Share Service VSS writer"),
    (0x772c45f8_ae01_4f94_940c_94961864acad, "ADFS VSS Writer"),
    (0x886c43b1_d455_4428_a37f_4d6b9e43f50f, "AD RMS Writer"),
    (0x82cb5521_68db_4626_83a4_7fc6f88853e9, "WDS VSS Writer"),
    (0x41e12264_35d8_479b_8e5c_9b23d1dad37e, "Cluster Database"),
    (0x1072ae1c_e5a7_4ea1_9e4a_6f7964656570, "Cluster Shared Volume VSS Writer"),
    (0xda452614_4858_5e53_a512_38aab25c61ad, "SharePoint Services Writer"),
    (0xeee8c692_67ed_4250_8d86_390603070d00, "Event Log Writer"),
];

/// The writer with this class id.
pub fn by_class(class_id: Guid) -> Option<KnownWriter> {
    let &(bits, name) = WRITERS.iter().find(|(bits, _)| guid(*bits) == class_id)?;
    Some(KnownWriter { class_id: guid(bits), name })
}

/// All writers, those with several names once per name.
pub fn all() -> impl Iterator<Item = KnownWriter> {
    WRITERS.iter().map(|&(bits, name)| KnownWriter { class_id: guid(bits), name })
}

/// The writer with this name, compared without case. Names are display names: a miss means nothing.
pub fn by_name(name: &str) -> Option<KnownWriter> {
    let &(bits, name) = WRITERS.iter().find(|(_, known)| known.eq_ignore_ascii_case(name))?;
    Some(KnownWriter { class_id: guid(bits), name })
}

/// The writer whose database engine logs under this process name in ESENT / ESE records.
pub fn by_ese_process(process: &str) -> Option<KnownWriter> {
    let bare = process.strip_suffix(".exe").unwrap_or(process);
    let &(_, class_id) = ESE_PROCESSES.iter().find(|(known, _)| known.eq_ignore_ascii_case(bare))?;
    by_class(class_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ntds_writer_is_found_three_ways() {
        let ntds = by_name("ntds").expect("known writer");
        assert_eq!(ntds.class_id.to_string(), "b2014c9e-8711-4c5c-a5a9-3cf384484757");
        assert_eq!(by_class(ntds.class_id), Some(ntds));
        assert_eq!(by_ese_process("lsass"), Some(ntds));
    }

    #[test]
    fn unknown_writers_stay_unknown() {
        assert_eq!(by_name("Contoso Writer"), None);
        assert_eq!(by_ese_process("svchost"), None);
    }
}
