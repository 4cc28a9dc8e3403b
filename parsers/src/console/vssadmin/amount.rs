//! Amounts of storage as vssadmin rounds them: `22.1 GB (4%)`, `UNBOUNDED (100%)`.

use vsscope_model::Amount;

/// Units by the power of 1024.
const UNITS: [&str; 6] = ["B", "KB", "MB", "GB", "TB", "PB"];

/// Reads an amount; `None` if a text has neither a number nor a percentage.
pub(super) fn parse(text: &str) -> Option<Amount> {
    let text = text.trim();
    let (size, rest) = text.split_once('(').unwrap_or((text, ""));
    let percent = rest.split_once('%').and_then(|(percent, _)| percent.trim().parse().ok());
    let bytes = bytes(size);
    let is_amount = percent.is_some() || size.starts_with(|c: char| c.is_ascii_digit());
    is_amount.then(|| Amount { text: text.to_owned(), bytes, percent })
}

/// The bytes of `22.1 GB`: a point or a comma stands before the decimals. A translated unit gives none.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ','))?;
    let unit = text.get(end..)?.trim();
    let power = UNITS.iter().position(|name| name.eq_ignore_ascii_case(unit))?;
    let unit = 1024_u128.checked_pow(u32::try_from(power).ok()?)?;
    let number = text.get(..end)?;
    let (whole, decimals) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let part: u128 = if decimals.is_empty() { 0 } else { decimals.parse().ok()? };
    let scale = 10_u128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let part = part.checked_mul(unit)?.checked_div(scale)?;
    u64::try_from(whole.parse::<u128>().ok()?.checked_mul(unit)?.checked_add(part)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_amounts_become_bytes() {
        for (text, bytes, percent) in [
            ("22.1 GB (4%)", Some(23_729_694_310), Some(4)),
            ("22,1 GB (4 %)", Some(23_729_694_310), Some(4)),
            ("0 B (0%)", Some(0), Some(0)),
            ("512 MB (1%)", Some(536_870_912), Some(1)),
            ("1.5 TB (10%)", Some(1_649_267_441_664), Some(10)),
            ("UNBOUNDED (100%)", None, Some(100)),
            ("22,1 Go (4%)", None, Some(4)),
        ] {
            let amount = parse(text).unwrap();
            assert_eq!((amount.bytes, amount.percent, amount.text.as_str()), (bytes, percent, text));
        }
        assert_eq!(parse("none"), None);
    }
}
