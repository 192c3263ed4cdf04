//! What makes a finding the same finding in another version of the files. Neither file nor line,
//! message, world nor position in a list is part of it, so that it outlives moves and renames;
//! another wrong value, or the same fault in another object, is another finding.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use super::report::Diagnostic;
use crate::load::Step;
use crate::render::What;
use crate::yaml::{Canonical, Node, Span, Tree};

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// An object, by what its own manifest says: no namespace where that names none, whatever a
    /// world puts in.
    Object {
        /// Kind.
        kind: String,
        /// Namespace, empty where the manifest names none.
        namespace: String,
        /// Name.
        name: String,
    },
    /// A document that is no object, by the path of its file from the root of the repository.
    File(String),
}

/// `VirtualService shop/cart`, or the file.
impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::Object {
                kind,
                namespace,
                name,
            } if namespace.is_empty() => write!(f, "{kind} {name}"),
            Self::Object {
                kind,
                namespace,
                name,
            } => write!(f, "{kind} {namespace}/{name}"),
        }
    }
}

/// What of a finding outlives edits elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// What it is about.
    pub subject: Subject,
    /// The canonical path of the place.
    pub at: String,
    /// The text of the scalar that stands there; empty otherwise.
    pub value: String,
    /// 0, 1 and so on for findings that agree in everything else, in the order of the report.
    pub number: u32,
}

impl Fingerprint {
    /// The fingerprint of the first finding about a place.
    pub fn new(subject: Subject, place: Canonical) -> Self {
        Self {
            subject,
            at: place.path,
            value: place.value,
            number: 0,
        }
    }

    /// The fingerprint of a finding about a place in a file that is no object.
    pub fn in_file(path: &str, value: &str) -> Self {
        Self {
            subject: Subject::File(path.to_owned()),
            at: String::new(),
            value: value.to_owned(),
            number: 0,
        }
    }

    /// 32 hexadecimal digits for a finding of the code.
    pub fn digest(&self, code: &str) -> String {
        self.digest_of(code, self.number)
    }

    /// The digits if it were the first of those that agree in all but the number.
    pub fn first_digest(&self, code: &str) -> String {
        self.digest_of(code, 0)
    }

    fn digest_of(&self, code: &str, number: u32) -> String {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update(part.as_bytes());
            hash.update([0]);
        };
        add("meshlint/v1");
        add(code);
        match &self.subject {
            Subject::File(path) => add(path),
            Subject::Object {
                kind,
                namespace,
                name,
            } => [kind, namespace, name]
                .into_iter()
                .for_each(|part| add(part)),
        }
        add(&self.at);
        add(&self.value);
        add(&number.to_string());
        let mut digits = String::with_capacity(32);
        for byte in hash.finalize().iter().take(16) {
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }
}

/// The object whose document this is, as its own manifest names it. `origin` tells where a part of
/// a rendered document was written, and gives nothing for documents that were written themselves.
pub(super) fn subject(root: Node<'_>, origin: impl Fn(Span) -> Option<Vec<Step>>) -> Subject {
    let metadata = root.get("metadata");
    let own = |key: &str| {
        let node = metadata.and_then(|metadata| metadata.get(key))?;
        let text = node.text().unwrap_or_default();
        match origin(node.span()) {
            None => Some(text.to_owned()),
            Some(steps) => written(&steps, text),
        }
    };
    Subject::Object {
        kind: root
            .get("kind")
            .and_then(Node::text)
            .unwrap_or_default()
            .to_owned(),
        namespace: own("namespace").unwrap_or_default(),
        name: own("name").unwrap_or_default(),
    }
}

/// What the manifest itself says where `text` was rendered; `None` if it says nothing there.
fn written(steps: &[Step], text: &str) -> Option<String> {
    let step = steps.iter().find(|step| {
        matches!(
            step.what,
            What::Base | What::Component | What::Template | What::Generator | What::Patch
        )
    })?;
    let source = step.span.text(&step.text);
    if source == text || step.what == What::Generator {
        return Some(text.to_owned());
    }
    // Without its quotes.
    let tree = Tree::parse_first(source);
    let scalar = tree
        .documents()
        .first()
        .and_then(|document| tree.root(document));
    let scalar = scalar.and_then(Node::text).unwrap_or(source);
    Some(scalar.to_owned())
}

/// Numbers findings that agree in all else, in their order. `from_root` gives the path of a file
/// from the root of the repository.
pub(super) fn number<'d>(
    findings: impl Iterator<Item = &'d mut Diagnostic>,
    from_root: impl Fn(&str) -> String,
) {
    let mut counts: FxHashMap<(&'static str, Fingerprint), u32> = FxHashMap::default();
    for finding in findings {
        if let Subject::File(path) = &mut finding.fingerprint.subject {
            *path = from_root(path);
        }
        let key = (finding.rule.code, finding.fingerprint.clone());
        let next = counts.entry(key).or_insert(0);
        finding.fingerprint.number = *next;
        *next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(value: &str) -> Fingerprint {
        let subject = Subject::Object {
            kind: "VirtualService".to_owned(),
            namespace: "shop".to_owned(),
            name: "cart".to_owned(),
        };
        let place = Canonical {
            path: "spec/hosts[=x]".to_owned(),
            value: value.to_owned(),
        };
        Fingerprint::new(subject, place)
    }

    #[test]
    fn each_part_is_ended_by_a_zero_byte() {
        let text = "meshlint/v1\0KIA1101\0VirtualService\0shop\0cart\0spec/hosts[=x]\0x\x000\0";
        let mut expected = String::new();
        for byte in Sha256::digest(text.as_bytes()).iter().take(16) {
            let _ = write!(expected, "{byte:02x}");
        }
        assert_eq!(fingerprint("x").digest("KIA1101"), expected);
    }

    #[test]
    fn equal_findings_are_numbered() {
        let finding = |value: &str| Diagnostic {
            fingerprint: fingerprint(value),
            ..Diagnostic::in_file(super::super::Code::MESH0001, String::new())
        };
        let mut findings = [finding("x"), finding("y"), finding("x")];
        number(findings.iter_mut(), str::to_owned);
        let numbers = findings.iter().map(|finding| finding.fingerprint.number);
        assert_eq!(numbers.collect::<Vec<_>>(), [0, 0, 1]);
        let [first, _, second] = &findings;
        assert_eq!(
            first.fingerprint.digest("A"),
            second.fingerprint.first_digest("A")
        );
    }
}
