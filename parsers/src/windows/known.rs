//! GUIDs that say of themselves what they are, whatever the localised key in front of them says.
//!
//! Sources: learn.microsoft.com, "In-Box VSS Writers" and the writers' own pages; provider ids of Microsoft's providers
//! and of those whose source is public.

use vsscope_model::Guid;

/// Whether this is the class id of a known writer.
pub(super) fn is_writer_class(guid: Guid) -> bool {
    WRITER_CLASSES.contains(&guid.0.as_u128())
}

/// Whether this is the id of a known shadow copy provider.
pub(super) fn is_provider(guid: Guid) -> bool {
    PROVIDERS.contains(&guid.0.as_u128())
}

/// Writer class ids.
const WRITER_CLASSES: &[u128] = &[
    0xafbab4a2_367d_4d15_a586_71dbb18f8485, // Registry Writer
    0x542da469_d3e1_473c_9f4f_7847f01fc64f, // COM+ REGDB Writer
    0x4dc3bdd4_ab48_4d07_adb0_3bee2926fd7f, // Shadow Copy Optimization Writer
    0xbe000cbe_11fe_4426_9c58_531aa6355fc4, // ASR Writer
    0x75dfb225_e2e4_4d39_9ac9_ffaff65ddf06, // VSS Express Writer Metadata Store Writer
    0x0bada1de_01a9_4625_8278_69e735f39dd2, // Performance Counters Writer
    0xd61d61c8_d73a_4eee_8cdd_f6f9786b7124, // Task Scheduler Writer
    0xe8132975_6f93_4464_a53e_1050253ae220, // System Writer
    0xa6ad56c2_b509_4e6c_bb19_49d8f43532f0, // WMI Writer
    0x4969d978_be47_48b0_b100_f328f07ac1e0, // BITS Writer
    0x2a40fd15_dfca_4aa8_a654_1f8c654603f6, // IIS Config Writer
    0x59b1f0cf_90ef_465f_9609_6ca8b2938366, // IIS Metabase Writer
    0xa65faa63_5ea8_4ebc_9dbd_a0c4db26912a, // SqlServerWriter
    0xf8544ac1_0611_4fa5_b04b_f7ee00b03277, // MSDEWriter
    0x8d5194e1_e455_434a_b2e5_51296cce67df, // WIDWriter
    0x76fe1ac4_15f7_4bcd_987e_8e1acb462fb7, // Microsoft Exchange Writer
    0x66841cd4_6ded_4f4b_8f17_fd23f8ddc3de, // Microsoft Hyper-V VSS Writer
    0xb2014c9e_8711_4c5c_a5a9_3cf384484757, // NTDS
    0xdd846aaa_a1b6_42a8_aaf8_03dcb6114bfd, // ADAM
    0x2707761b_2324_473d_88eb_eb007a359533, // DFS Replication service writer
    0xd76f5a28_3092_4589_ba48_2958fb88ce29, // FRS Writer
    0xbe9ac81e_3619_421f_920f_4c6fea9e93ad, // Dhcp Jet Writer
    0xf08c1483_8407_4a26_8c26_6c267a629741, // WINS Jet Writer
    0x6f5b15b5_da24_4d88_b737_63063e3a1f86, // Certificate Authority
    0x5382579c_98df_47a7_ac6c_98a6d7106e09, // TermServLicensing
    0x368753ec_572e_4fc7_b4b9_ccd9bdc624cb, // TS Gateway Writer
    0x12ce4370_5bb7_4c58_a76a_e5d5097e3674, // FSRM Writer
    0xcd3f2362_8bef_46c7_9181_d62844cdc0b2, // MSSearch Service Writer
    0x35e81631_13e1_48db_97fc_d5bc721bb18a, // NPS VSS Writer
    0x7e47b561_971a_46e6_96b9_696eeaa53b2a, // MSMQ Writer
    0x41db4dbf_6046_470e_8ad5_d5081dfb1b70, // Dedup Writer
    0xd46bf321_fdba_4a35_8ec3_454df03bc86a, // Sync Share Service VSS writer
    0x772c45f8_ae01_4f94_940c_94961864acad, // ADFS VSS Writer
    0x886c43b1_d455_4428_a37f_4d6b9e43f50f, // AD RMS Writer
    0x82cb5521_68db_4626_83a4_7fc6f88853e9, // WDS VSS Writer
    0x41e12264_35d8_479b_8e5c_9b23d1dad37e, // Cluster Database
    0x1072ae1c_e5a7_4ea1_9e4a_6f7964656570, // Cluster Shared Volume VSS Writer
    0xda452614_4858_5e53_a512_38aab25c61ad, // SharePoint Services Writer
    0xc2f52614_5e53_4858_a589_38eeb25c6184, // SharePoint 2007 writer
    0xeee8c692_67ed_4250_8d86_390603070d00, // Event Log Writer
];

/// Provider ids.
const PROVIDERS: &[u128] = &[
    0xb5946137_7b9f_4925_af80_51abd60b20d5, // Microsoft Software Shadow Copy provider 1.0
    0x74600e39_7dc5_4567_a03b_f091d6c7b092, // Hyper-V IC Software Shadow Copy Provider
    0x89300202_3cec_4981_9171_19f59559e0f2, // Microsoft File Share Shadow Copy provider
    0x2f900f90_00e9_440e_873a_96ca5eb079e5, // Microsoft iSCSI Target VSS Hardware Provider
    0x3629d4ed_ee09_4e0e_9a5c_6d8ba2872aef, // QEMU Guest Agent VSS Provider
    0x564d7761_7265_2056_5353_2050726f7669, // VMware Snapshot Provider
    0x400a2ff4_5eb1_44b0_8a05_1fcac0bcf9ff, // Microsoft CSV Shadow Copy Provider
    0x26d02976_b909_43ad_af7e_62a4f625e372, // Microsoft CSV Shadow Copy Helper Provider
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_a_writer_or_a_provider_or_neither() {
        let system_writer: Guid = "{e8132975-6f93-4464-a53e-1050253ae220}".parse().unwrap();
        let software_provider: Guid = "{b5946137-7b9f-4925-af80-51abd60b20d5}".parse().unwrap();
        assert!(is_writer_class(system_writer) && !is_provider(system_writer));
        assert!(is_provider(software_provider) && !is_writer_class(software_provider));
        assert!(!is_writer_class(Guid::NULL) && !is_provider(Guid::NULL));
    }
}
