//! Names of volumes: `C:` and `\\?\Volume{…}\`.

use vsscope_model::Guid;

/// Whether two names are one volume, as far as names tell: equal GUID, or equal text without case and trailing backslash.
pub fn same_volume(a: &str, b: &str) -> bool {
    match (Guid::find_in(a), Guid::find_in(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => {
            let bare = |text: &str| text.trim().trim_end_matches('\\').to_lowercase();
            !bare(a).is_empty() && bare(a) == bare(b)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_equal_by_guid_or_by_letter() {
        assert!(same_volume("C:", "c:\\"));
        let path = r"\\?\Volume{EC127B5F-0000-0000-0000-500600000000}\";
        assert!(same_volume(path, r"\\?\Volume{ec127b5f-0000-0000-0000-500600000000}"));
        assert!(!same_volume("C:", "D:"));
        assert!(!same_volume("C:", path), "a letter and a GUID cannot be compared");
        assert!(!same_volume("", ""));
    }
}
