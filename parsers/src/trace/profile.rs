//! [`Profile`]: the layout of a trace's lines as data, built in or written by the user.

use super::body::Labels;
use super::layout::{Column, Layout, Piece};
use super::notation;
use super::time_format::{self, TimeFormat};
use serde::Deserialize;
use std::sync::LazyLock;

/// The layout of a trace's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Name, as reports show it.
    pub name: String,
    /// What it rests on.
    pub source: String,
    /// Whether it was tried on whole files of that origin.
    pub checked: bool,
    /// The layout.
    pub(super) layout: Layout,
}

/// Why text holds no profiles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// It is no TOML, or a field is missing, unknown or of another type; the message names line and column.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// No profile is in it.
    #[error("there is no [[profile]] in it")]
    None,
    /// A profile has no name, or that of another one.
    #[error("profile {number}: the name '{name}' is empty or used before")]
    Name {
        /// Number of the profile, from 1.
        number: usize,
        /// Its name.
        name: String,
    },
    /// A field of a profile cannot be understood.
    #[error("profile '{profile}', {field}, character {at}: {problem}")]
    Field {
        /// Name of the profile.
        profile: String,
        /// The field.
        field: &'static str,
        /// Where in its text, in characters from 1.
        at: usize,
        /// What is wrong.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    profile: Vec<Written>,
}

/// A profile as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    checked: bool,
    prefix: String,
    time_format: Option<String>,
    enter: Option<Words>,
    exit: Option<Words>,
}

/// One word or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

impl From<Words> for Vec<String> {
    fn from(words: Words) -> Self {
        match words {
            Words::One(word) => vec![word],
            Words::Many(words) => words,
        }
    }
}

impl Profile {
    /// Reads profiles from TOML: a table `[[profile]]` for each, with `name` and `prefix`, and where needed `time_format`,
    /// `enter`, `exit`, `source`, `checked`. The built-in file `profiles.toml` describes the notation.
    ///
    /// # Errors
    ///
    /// If the text is no TOML of this form, or a profile in it cannot be understood; the error names profile and place.
    pub fn from_toml(text: &str) -> Result<Vec<Self>, ProfileError> {
        let file: File = toml::from_str(text)?;
        if file.profile.is_empty() {
            return Err(ProfileError::None);
        }
        let mut profiles: Vec<Profile> = Vec::new();
        for written in file.profile {
            if written.name.is_empty() || profiles.iter().any(|known| known.name == written.name) {
                let number = profiles.len().saturating_add(1);
                return Err(ProfileError::Name { number, name: written.name });
            }
            profiles.push(written.read()?);
        }
        Ok(profiles)
    }

    /// The profiles that come with the program.
    pub(super) fn built_in() -> &'static [Profile] {
        static BUILT_IN: LazyLock<Vec<Profile>> =
            LazyLock::new(|| Profile::from_toml(include_str!("profiles.toml")).unwrap_or_default());
        &BUILT_IN
    }
}

impl Written {
    fn read(self) -> Result<Profile, ProfileError> {
        let wrong =
            |field, at, problem| ProfileError::Field { profile: self.name.clone(), field, at, problem };
        let pieces = notation::parse(&self.prefix).map_err(|(problem, at)| wrong("prefix", at, problem))?;
        let defaults = Labels::default();
        let layout = Layout {
            pieces,
            time_format: self
                .time_format
                .as_deref()
                .map(time_format)
                .transpose()
                .map_err(|(problem, at)| wrong("time_format", at, problem))?,
            labels: Labels {
                enter: self.enter.map_or(defaults.enter, Vec::from),
                exit: self.exit.map_or(defaults.exit, Vec::from),
            },
            indent: None,
        };
        if layout.time_format.is_some() && !layout.has(|column| column == Column::Time) {
            return Err(wrong("time_format", 1, "the prefix has no {time}".to_owned()));
        }
        if matches!(layout.pieces.as_slice(), [.., Piece::Column(Column::Skip | Column::File, _)]) {
            let at = self.prefix.chars().count();
            return Err(wrong(
                "prefix",
                at,
                "nothing is left for the body behind the last column".to_owned(),
            ));
        }
        Ok(Profile { name: self.name.clone(), source: self.source.clone(), checked: self.checked, layout })
    }
}

fn time_format(text: &str) -> Result<TimeFormat, (String, usize)> {
    let format = TimeFormat::parse(text)
        .map_err(|(part, at)| (format!("'{part}' is not known (known: {})", time_format::KNOWN), at))?;
    if !format.is_clock() {
        return Err(("hours and minutes are missing".to_owned(), 1));
    }
    if format.has_half_a_date() {
        return Err(("a date needs year, month and day".to_owned(), 1));
    }
    Ok(format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profiles_that_come_with_the_program_can_be_read() {
        let names: Vec<&str> = Profile::built_in().iter().map(|profile| profile.name.as_str()).collect();
        assert_eq!(names, ["registry-trace"]);
    }

    #[test]
    fn an_error_names_the_profile_and_the_place() {
        for (text, message) in [
            ("", "there is no [[profile]] in it"),
            (
                "[[profile]]\nname = 'a'\nprefix = '{time} {user}'",
                "profile 'a', prefix, character 8: 'user' is no column (known: time",
            ),
            (
                "[[profile]]\nname = 'a'\nprefix = '{time} '\ntime_format = '%H:%Q'",
                "profile 'a', time_format, character 4: '%Q' is not known",
            ),
            (
                "[[profile]]\nname = 'a'\nprefix = '{time} '\ntime_format = '%Y'",
                "profile 'a', time_format, character 1: hours and",
            ),
            (
                "[[profile]]\nname = 'a'\nprefix = '{pid} '\ntime_format = '%H:%M'",
                "profile 'a', time_format, character 1: the prefix has no",
            ),
            (
                "[[profile]]\nname = 'a'\nprefix = '{pid} {skip}'",
                "profile 'a', prefix, character 12: nothing is left",
            ),
            ("[[profile]]\nname = ''\nprefix = ''", "profile 1: the name"),
            (
                "[[profile]]\nname = 'a'\nprefix = ''\n[[profile]]\nname = 'a'\nprefix = ''",
                "profile 2: the name 'a'",
            ),
        ] {
            let error = Profile::from_toml(text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
        let error = Profile::from_toml("[[profile]]\nname = 'a'\nprefx = ''").unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("prefx"), "{error}");
    }
}
