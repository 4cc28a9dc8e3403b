//! Shadow copy providers by id.

use vsscope_model::Guid;

/// Provider id and name, from Microsoft pages and public provider sources.
#[rustfmt::skip]
const PROVIDERS: &[(u128, &str)] = &[
    (0xb5946137_7b9f_4925_af80_51abd60b20d5, "Microsoft Software Shadow Copy provider 1.0"),
    (0x74600e39_7dc5_4567_a03b_f091d6c7b092, "Hyper-V IC Software Shadow Copy Provider"),
    (0x89300202_3cec_4981_9171_19f59559e0f2, "Microsoft File Share Shadow Copy provider"),
    (0x2f900f90_00e9_440e_873a_96ca5eb079e5, "Microsoft iSCSI Target VSS Hardware Provider"),
    (0x3629d4ed_ee09_4e0e_9a5c_6d8ba2872aef, "QEMU Guest Agent VSS Provider"),
    (0x564d7761_7265_2056_5353_2050726f7669, "VMware Snapshot Provider"),
    (0x400a2ff4_5eb1_44b0_8a05_1fcac0bcf9ff, "Microsoft CSV Shadow Copy Provider"),
    (0x26d02976_b909_43ad_af7e_62a4f625e372, "Microsoft CSV Shadow Copy Helper Provider"),
];

/// The name of a provider.
pub fn name(id: Guid) -> Option<&'static str> {
    PROVIDERS.iter().find(|(bits, _)| Guid::from_bits(*bits) == id).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_provider_has_a_name() {
        let id = "b5946137-7b9f-4925-af80-51abd60b20d5".parse().expect("a GUID");
        assert_eq!(name(id), Some("Microsoft Software Shadow Copy provider 1.0"));
        assert_eq!(name(Guid::NULL), None);
    }
}
