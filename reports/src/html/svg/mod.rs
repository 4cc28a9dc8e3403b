//! Charts. Positions along the time are percents of the width, so that a chart fits every page without being stretched and
//! the page's script can zoom by rewriting them. Colours are classes; `style.css` has them.

mod columns;
mod overview;
mod timeline;

pub(super) use columns::{days, freeze_times};
pub(super) use overview::overview;
pub(super) use timeline::{Chart, timeline};

use super::markup::escape;

/// A position along the time: percent with three decimals, without superfluous digits.
fn percent(position: f64) -> String {
    // A copy of weeks beside a creation of a second: browsers count in single precision.
    let number = format!("{:.3}", position.clamp(-1e7, 1e7));
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{}%", if number == "-0" { "0" } else { number })
}

/// An element with attributes, and what is in it.
fn element(name: &str, attributes: &[(&str, &str)], content: &str) -> String {
    let attributes: String =
        attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", escape(value))).collect();
    match content.is_empty() {
        true => format!("<{name}{attributes}/>"),
        false => format!("<{name}{attributes}>{content}</{name}>"),
    }
}

/// What an element is called by tooltips and screen readers.
fn title(words: &str) -> String {
    format!("<title>{}</title>", escape(words))
}

/// The least of 1, 2, 5 times a power of ten that is at least `rough`.
fn round_up(rough: f64) -> f64 {
    let power = 10f64.powf(rough.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|times| times * power).find(|&step| step >= rough).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_short_and_bounded() {
        let positions = [0.0, -0.0001, 12.5, 33.333_33, 1e12].map(percent);
        assert_eq!(positions, ["0%", "0%", "12.5%", "33.333%", "10000000%"]);
    }

    #[test]
    fn attributes_cannot_be_left() {
        assert_eq!(
            element("rect", &[("class", "\"/><script>")], ""),
            "<rect class=\"&quot;/&gt;&lt;script&gt;\"/>"
        );
    }

    #[test]
    fn steps_are_round() {
        assert_eq!([0.7, 1.0, 1.2, 4.0, 6.0, 120.0].map(round_up), [1.0, 1.0, 2.0, 5.0, 10.0, 200.0]);
    }
}
