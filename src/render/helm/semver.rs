//! Versions and constraints as the semver library of Helm reads them: leniently.

use std::cmp::Ordering;
use std::fmt;

/// A version.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) patch: u64,
    pub(super) prerelease: String,
    pub(super) metadata: String,
    /// As it was written.
    pub(super) original: String,
}

fn are_identifiers(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

impl Version {
    /// Reads a version; minor and patch may be missing, and a `v` may stand before it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('v').unwrap_or(text);
        let (rest, metadata) = rest.split_once('+').unwrap_or((rest, ""));
        let (numbers, prerelease) = rest.split_once('-').unwrap_or((rest, ""));
        if text.contains('+') && !are_identifiers(metadata)
            || rest.contains('-') && !are_identifiers(prerelease)
        {
            return None;
        }
        let mut parts = numbers.split('.').map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<u64>().ok()).flatten()
        });
        let major = parts.next()??;
        let minor = parts.next().unwrap_or(Some(0))?;
        let patch = parts.next().unwrap_or(Some(0))?;
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            major,
            minor,
            patch,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        })
    }

    /// The order of precedence; metadata does not count.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| {
            match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_prerelease(&self.prerelease, &other.prerelease),
            }
        })
    }
}

fn compare_prerelease(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

/// Groups of conditions; one of the groups must hold.
#[derive(Debug)]
pub(super) struct Constraints {
    groups: Vec<Vec<Condition>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

#[derive(Debug)]
struct Condition {
    operator: Operator,
    version: Version,
    /// Which parts are wildcards or missing.
    major_any: bool,
    minor_any: bool,
    patch_any: bool,
}

impl Constraints {
    /// Reads constraints.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let groups = text.split("||").map(group).collect::<Option<Vec<_>>>()?;
        Some(Self { groups })
    }

    /// Whether a version fulfils one of the groups. One with a prerelease only fulfils groups
    /// that speak of a prerelease.
    pub(super) fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            let speaks = group.iter().any(|c| !c.version.prerelease.is_empty());
            let allowed = version.prerelease.is_empty() || speaks;
            allowed && group.iter().all(|condition| condition.holds(version))
        })
    }
}

const OPERATORS: [(&str, Operator); 11] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    ("=>", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("=<", Operator::LessOrEqual),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

/// Conditions between commas or spaces, with hyphen ranges taken apart.
fn group(text: &str) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut pending = String::new();
    for word in text
        .split([',', ' ', '\t', '\n'])
        .filter(|word| !word.is_empty())
    {
        // An operator may stand apart from its version.
        if word.bytes().all(|byte| b"!=<>~^".contains(&byte)) {
            pending.push_str(word);
            continue;
        }
        words.push(format!("{}{word}", std::mem::take(&mut pending)));
    }
    if !pending.is_empty() || words.is_empty() {
        return None;
    }
    let mut index = 0;
    while let Some(word) = words.get(index) {
        if words.get(index + 1).is_some_and(|next| next == "-") {
            let end = words.get(index + 2)?;
            conditions.push(condition(&format!(">={word}"))?);
            conditions.push(condition(&format!("<={end}"))?);
            index += 3;
            continue;
        }
        conditions.push(condition(word)?);
        index += 1;
    }
    Some(conditions)
}

fn condition(text: &str) -> Option<Condition> {
    let found = OPERATORS
        .iter()
        .find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)));
    let (operator, rest) = found.unwrap_or((Operator::Equal, text));
    let rest = rest.strip_prefix('v').unwrap_or(rest);
    let (core, metadata) = rest.split_once('+').unwrap_or((rest, ""));
    let (numbers, prerelease) = core.split_once('-').unwrap_or((core, ""));
    let wild = |part: &str| matches!(part, "x" | "X" | "*");
    let parts: Vec<&str> = numbers.split('.').collect();
    if parts.len() > 3 {
        return None;
    }
    let any = |index: usize| parts.get(index).is_none_or(|part| wild(part));
    let (major_any, minor_any, patch_any) = (any(0), any(1), any(2));
    let number = |index: usize, any: bool| -> Option<u64> {
        if any {
            return Some(0);
        }
        let part = parts.get(index)?;
        part.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| part.parse().ok())?
    };
    if core.contains('-') && !are_identifiers(prerelease)
        || rest.contains('+') && !are_identifiers(metadata)
    {
        return None;
    }
    let minor_any = minor_any || major_any;
    let patch_any = patch_any || minor_any;
    Some(Condition {
        operator,
        version: Version {
            major: number(0, major_any)?,
            minor: number(1, minor_any)?,
            patch: number(2, patch_any)?,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        },
        major_any,
        minor_any,
        patch_any,
    })
}

impl Condition {
    fn holds(&self, version: &Version) -> bool {
        let order = version.compare(&self.version);
        let partial = self.patch_any || self.minor_any;
        match self.operator {
            Operator::Equal if partial => self.tilde(version),
            Operator::Equal => order == Ordering::Equal,
            Operator::NotEqual if self.major_any => false,
            Operator::NotEqual if self.minor_any => version.major != self.version.major,
            Operator::NotEqual if self.patch_any => {
                version.major != self.version.major || version.minor != self.version.minor
            }
            Operator::NotEqual => order != Ordering::Equal,
            Operator::Greater if self.major_any => false,
            Operator::Greater if self.minor_any => version.major > self.version.major,
            Operator::Greater if self.patch_any => {
                (version.major, version.minor) > (self.version.major, self.version.minor)
            }
            Operator::Greater => order == Ordering::Greater,
            Operator::Less => order == Ordering::Less,
            Operator::GreaterOrEqual => order != Ordering::Less,
            Operator::LessOrEqual if self.major_any => true,
            Operator::LessOrEqual if self.minor_any => version.major <= self.version.major,
            Operator::LessOrEqual if self.patch_any => {
                (version.major, version.minor) <= (self.version.major, self.version.minor)
            }
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::Tilde => self.tilde(version),
            Operator::Caret => self.caret(version),
        }
    }

    fn tilde(&self, version: &Version) -> bool {
        if version.compare(&self.version) == Ordering::Less {
            return false;
        }
        if self.major_any {
            return true;
        }
        version.major == self.version.major
            && (self.minor_any || version.minor == self.version.minor)
    }

    fn caret(&self, version: &Version) -> bool {
        if version.compare(&self.version) == Ordering::Less {
            return false;
        }
        if self.major_any {
            return true;
        }
        if self.version.major > 0 || self.minor_any {
            return version.major == self.version.major;
        }
        if version.major != self.version.major {
            return false;
        }
        if self.version.minor > 0 || self.patch_any {
            return version.minor == self.version.minor;
        }
        version.minor == self.version.minor && version.patch == self.version.patch
    }
}
