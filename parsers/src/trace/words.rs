//! The English identifiers of VSS tracing that decide how a line is read: module names, levels, calling conventions. All
//! are documented or keywords of the language; nothing here is ever translated.

/// Names of the modules in the order of their flags.
///
/// Source: Microsoft, "Using Tracing Tools with VSS" (flags of vsstrace).
const MODULES: [&str; 14] = [
    "EXCEPT", "COORD", "SWPRV", "BUCOMP", "WRITER", "VSSAPI", "HWDIAG", "ADMIN", "VSSUI", "TEST", "IOCTL",
    "GEN", "WRXML", "VSSXML",
];

/// Levels, as the same page lists them; 200 to 250 are ranges there and are taken in steps of ten.
const LEVELS: [u32; 20] =
    [20, 30, 40, 50, 60, 80, 100, 120, 140, 160, 170, 180, 190, 200, 210, 220, 230, 240, 250, 255];

/// The level of function entries and exits.
pub(super) const ENTER_EXIT: u32 = 160;
/// The level of return values, with which an exit may be written.
pub(super) const RETURN_VALUES: u32 = 170;

/// Words that a compiler or a header puts before the name of a function.
const CONVENTIONS: [&str; 14] = [
    "STDMETHODCALLTYPE",
    "STDMETHODIMP",
    "STDAPICALLTYPE",
    "WINAPI",
    "APIENTRY",
    "CALLBACK",
    "NTAPI",
    "PASCAL",
    "__stdcall",
    "__cdecl",
    "__thiscall",
    "__fastcall",
    "__vectorcall",
    "__clrcall",
];

/// The documented name of a module, whatever its case in the trace.
pub(super) fn module(text: &str) -> Option<&'static str> {
    MODULES.into_iter().find(|name| name.eq_ignore_ascii_case(text))
}

/// Whether a number is one of the documented levels.
pub(super) fn is_level(number: u32) -> bool {
    LEVELS.contains(&number)
}

/// Whether a word is a calling convention.
pub(super) fn is_convention(word: &str) -> bool {
    CONVENTIONS.contains(&word)
}

/// A function name without the calling conventions before it.
pub(super) fn without_convention(mut name: &str) -> &str {
    while let Some((word, rest)) = name.split_once([' ', '\t']) {
        if !is_convention(word) {
            break;
        }
        name = rest.trim_start();
    }
    name
}
