//! The table of codes, made from the rule book at build time.

use std::fmt;
use std::str::FromStr;

use crate::nearest::{is_one_off, nearest_word};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Advice, or a finding that the input does not suffice to prove.
    Info,
    /// Probably not what was meant.
    Warning,
    /// Broken: traffic fails, or the object has no effect.
    Error,
}

impl Severity {
    /// The word of reports and of the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whose rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A validation of Kiali's.
    Kiali,
    /// What `istioctl analyze` or Istio's admission webhook says.
    Istioctl,
    /// Our own.
    Meshlint,
}

/// What makes two findings of a rule at one object the same finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// The field, whatever is said of it: wording and view play no part.
    Field,
    /// The text, wherever it stands.
    Text,
    /// Both.
    FieldAndText,
    /// Both; and where the fields stand on one line, the text. The line is that of the scalar which
    /// the path names, or else of the object.
    LineAndText,
}

/// One page of the rule book.
#[derive(Debug)]
pub struct Rule {
    /// The code, such as `KIA0206`.
    pub code: &'static str,
    /// The name in kebab-case.
    pub name: &'static str,
    /// Whose rule it is.
    pub origin: Origin,
    /// What makes two of its findings one.
    pub identity: Identity,
    /// The severity when the input proves the problem.
    pub severity: Severity,
    /// What the rule says in general; a finding's message names the thing.
    pub message: &'static str,
    /// The kinds that it looks at.
    pub kinds: &'static [&'static str],
    /// Codes that mean this rule too, where the user writes them.
    pub aliases: &'static [&'static str],
    /// Those of the aliases whose problem this rule reports, outside upstream mode in their place.
    pub covers: &'static [&'static str],
    /// Codes whose findings at the same place this rule says better.
    pub outranks: &'static [&'static str],
    /// What users see, in short phrases: `503 NC`, `RBAC: access denied`.
    pub symptoms: &'static [&'static str],
    /// The version of meshlint that brought it.
    pub since: &'static str,
    /// Whether it runs without being selected.
    pub on_by_default: bool,
    /// Its severity under the profile `zero-trust`, for rules that the profile turns on or raises.
    pub zero_trust: Option<Severity>,
    /// The page, front matter included.
    pub page: &'static str,
}

impl Rule {
    /// The page without its front matter.
    pub fn body(&self) -> &'static str {
        self.page
            .strip_prefix("---\n")
            .and_then(|page| page.split_once("\n---\n"))
            .map_or(self.page, |(_, body)| body.trim_start())
    }

    /// A page on the web: where the origin of the rule documents it, else its page in the
    /// repository of meshlint.
    pub fn help_url(&self) -> String {
        self.url().unwrap_or_else(|| {
            let repository = env!("CARGO_PKG_REPOSITORY");
            format!("{repository}/blob/main/rules/{}.md", self.code)
        })
    }

    /// Where the origin of the rule documents it; `None` for rules of our own.
    pub fn url(&self) -> Option<String> {
        match self.origin {
            Origin::Kiali => Some("https://kiali.io/docs/features/validations/".to_owned()),
            Origin::Istioctl => {
                let code = self.code.to_ascii_lowercase();
                Some(format!(
                    "https://istio.io/latest/docs/reference/config/analysis/{code}/"
                ))
            }
            Origin::Meshlint => None,
        }
    }
}

/// A code of the rule book, as an index into [`RULES`]. The constants (`Code::KIA0206`) are made
/// from the pages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u16);

impl Code {
    /// The rule's page and what it declares.
    pub fn rule(self) -> &'static Rule {
        RULES
            .get(usize::from(self.0))
            .unwrap_or_else(|| unreachable!("codes come from the table"))
    }

    /// The code as text.
    pub fn as_str(self) -> &'static str {
        self.rule().code
    }

    /// The codes that a word of the user stands for: a code, a name, a prefix, a code of another
    /// tool, or `ALL`. None if there is no such thing.
    pub fn matching(word: &str) -> Vec<Self> {
        if word.eq_ignore_ascii_case("all") {
            return Self::all().collect();
        }
        if let Ok(code) = word.parse() {
            return vec![code];
        }
        let begins = |code: &Self| {
            let head = code.as_str().get(..word.len());
            !word.is_empty() && head.is_some_and(|head| head.eq_ignore_ascii_case(word))
        };
        let family: Vec<_> = Self::all().filter(begins).collect();
        if family.is_empty() {
            Self::all().filter(|code| code.has_alias(word)).collect()
        } else {
            family
        }
    }

    /// Whether another tool calls the rule by this code.
    pub fn has_alias(self, word: &str) -> bool {
        let mut aliases = self.rule().aliases.iter();
        aliases.any(|alias| alias.eq_ignore_ascii_case(word))
    }

    /// What to say of a word that stands for no rule: what may have been meant.
    pub fn unknown(word: &str) -> String {
        let advice = match Self::near(word).as_slice() {
            [] => "`meshlint rules` lists them".to_owned(),
            [one] => format!("did you mean {one}?"),
            several => format!("did you mean one of {}?", several.join(", ")),
        };
        format!("no rule is called {word:?}; {advice}")
    }

    /// What may have been meant: the nearest name, or codes with one character less, more or
    /// exchanged. Most codes differ in a digit alone, so that several are equally near.
    fn near(word: &str) -> Vec<&'static str> {
        const PROPOSED: usize = 3;
        let upper = word.to_uppercase();
        let codes: Vec<_> = Self::all()
            .map(Code::as_str)
            .filter(|code| is_one_off(code, &upper))
            .take(PROPOSED)
            .collect();
        if !codes.is_empty() {
            return codes;
        }
        let names = Self::all().flat_map(|code| [code.rule().code, code.rule().name]);
        let nearest = nearest_word(word, names).map(|near| near.what);
        nearest.into_iter().collect()
    }

    /// Every code, in text order.
    pub fn all() -> impl Iterator<Item = Code> {
        (0..u16::try_from(RULES.len()).unwrap_or(u16::MAX)).map(Code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No rule has this code.
#[derive(Debug, thiserror::Error)]
#[error("no rule has the code {0:?}; `meshlint rules` lists them")]
pub struct UnknownCode(pub String);

impl FromStr for Code {
    type Err = UnknownCode;

    /// Reads a code or a rule's name, in any case.
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::all()
            .find(|code| {
                text.eq_ignore_ascii_case(code.as_str())
                    || text.eq_ignore_ascii_case(code.rule().name)
            })
            .ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

include!(concat!(env!("OUT_DIR"), "/rule_book.rs"));
