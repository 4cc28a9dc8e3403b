//! Machines, accounts, security identifiers.

use super::book::{Kind, Names};
use super::words;
use crate::timeline::UNKNOWN_HOST;

/// A machine's name; a full name keeps its form: the alias of the machine, a dot, the alias of its domain.
pub fn host(names: &mut dyn Names, text: &str) -> String {
    let bare = text.trim();
    let lower = bare.to_lowercase();
    if bare.is_empty()
        || text == UNKNOWN_HOST
        || ["localhost", ".", "-", "127.0.0.1", "::1", "?"].contains(&&*lower)
    {
        return text.to_owned();
    }
    if bare.parse::<std::net::IpAddr>().is_ok() {
        return names.alias(Kind::Ip, bare);
    }
    let (name, domain) = match bare.split_once('.') {
        Some((name, domain)) if !name.is_empty() && !domain.is_empty() => (name, Some(domain)),
        _ => (bare, None),
    };
    let (name, sign) = match name.strip_suffix('$') {
        Some(name) => (name, "$"),
        None => (name, ""),
    };
    let mut alias = names.alias(Kind::Host, name) + sign;
    if let Some(domain) = domain {
        alias = format!("{alias}.{}", names.alias(Kind::Domain, domain));
        names.phrase(Kind::Host, bare);
    }
    alias
}

/// An account: `DOMAIN\name`, `name@domain`, `name`. Accounts of Windows itself stay.
pub fn user(names: &mut dyn Names, text: &str) -> String {
    let lower = text.trim().to_lowercase();
    if lower.is_empty() || words::is_account(&lower) || is_session_account(&lower) {
        return text.to_owned();
    }
    if let Some((domain, name)) = text.split_once('\\') {
        let domain_lower = domain.to_lowercase();
        if words::is_account(&domain_lower) {
            // What NT SERVICE has is a service; it may be named after an instance.
            let is_plain = words::tokens(name).all(words::is_harmless);
            return if is_plain {
                text.to_owned()
            } else {
                format!("{domain}\\{}", names.alias(Kind::User, name))
            };
        }
        let alias = format!("{}\\{}", self::domain(names, domain), user(names, name));
        names.phrase(Kind::User, text);
        return alias;
    }
    if is_sid(text) {
        return sid(names, text);
    }
    if text.contains('@') {
        return names.alias(Kind::Mail, text.trim());
    }
    match text.strip_suffix('$') {
        // The account of a machine.
        Some(machine) if !machine.is_empty() => names.alias(Kind::Host, machine) + "$",
        _ => names.alias(Kind::User, text.trim()),
    }
}

/// A domain of accounts; a machine's own domain bears its name.
pub fn domain(names: &mut dyn Names, text: &str) -> String {
    let bare = text.trim();
    if bare.is_empty() || bare == "." || words::is_account(&bare.to_lowercase()) {
        return text.to_owned();
    }
    names.alias(Kind::Domain, bare)
}

/// `DWM-1`, `UMFD-0`: accounts of sessions.
fn is_session_account(lower: &str) -> bool {
    ["dwm-", "umfd-"].iter().any(|stem| {
        lower
            .strip_prefix(stem)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
    })
}

/// Whether the text is a security identifier in its text form.
pub fn is_sid(text: &str) -> bool {
    let parts: Vec<&str> = text.trim().split('-').collect();
    parts.len() >= 3
        && parts.iter().enumerate().all(|(n, part)| match n {
            0 => part.eq_ignore_ascii_case("s"),
            _ => !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()),
        })
}

/// A security identifier. Those that every Windows has stay; of an account of a machine or domain the form stays and the
/// number of a built-in account.
pub fn sid(names: &mut dyn Names, text: &str) -> String {
    let bare = text.trim();
    if !is_sid(bare) || is_well_known(bare) {
        return text.to_owned();
    }
    let account = bare.rsplit_once('-').filter(|_| bare.to_uppercase().starts_with("S-1-5-21-"));
    if let Some((domain, number)) = account.filter(|(domain, _)| domain.split('-').count() == 7) {
        let is_built_in = number.len() <= 3;
        if is_built_in {
            let alias = format!("{}-{number}", names.alias(Kind::Sid, domain));
            names.phrase(Kind::Sid, bare);
            return alias;
        }
        let whole = names.alias(Kind::Sid, bare);
        let of_account = whole.rsplit_once('-').map_or("", |(_, number)| number);
        let alias = format!("{}-{of_account}", names.alias(Kind::Sid, domain));
        names.phrase(Kind::Sid, bare);
        return alias;
    }
    names.alias(Kind::Sid, bare)
}

/// learn.microsoft.com, "Well-known SIDs" and "Security identifiers": the same on every machine.
fn is_well_known(sid: &str) -> bool {
    let parts: Vec<u64> = sid.split('-').skip(1).map(|part| part.parse().unwrap_or(u64::MAX)).collect();
    match parts.as_slice() {
        [1, 0..=3 | 16 | 18, ..] => parts.len() <= 3,
        [1, 5, 5 | 32 | 80 | 90 | 96, ..] => true,
        [1, 5, _] => true,
        [1, 15, 2 | 3, 1] => true,
        _ => false,
    }
}
