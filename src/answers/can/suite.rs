//! Tests of policies: what should be allowed, and what should not.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Answer, Answers, From, Query, To, Unanswerable, Verdict};
use crate::answers::edges::words;
use crate::mesh::Mesh;
use crate::model::Map as Texts;
use crate::model::Str;
use crate::yaml::Tree;

/// Some tests.
#[derive(Debug)]
pub struct Suite {
    tests: Vec<(Test, u32)>,
}

/// A test, as people write it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Test {
    name: String,
    from: String,
    to: String,
    method: Option<String>,
    path: Option<String>,
    host: Option<String>,
    headers: Option<Texts<Str>>,
    jwt: Option<Map<String, Value>>,
    ip: Option<String>,
    remote_ip: Option<String>,
    verdict: String,
    by: Option<String>,
}

/// A test that fails.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Its name.
    pub name: String,
    /// The line that it begins on, counted from 1.
    pub line: u32,
    /// What was found instead.
    pub because: String,
}

impl Suite {
    /// Reads tests from a text.
    pub fn read(text: &str) -> Result<Self, Unanswerable> {
        let tests: Vec<Test> = serde_yaml::from_str(text)
            .map_err(|error| Unanswerable(format!("the tests cannot be read: {error}")))?;
        let tree = Tree::parse(text);
        let root = tree
            .documents()
            .first()
            .and_then(|document| tree.root(document));
        let mut starts = root
            .into_iter()
            .flat_map(|root| root.items().collect::<Vec<_>>())
            .map(|item| item.span().start as usize);
        let mut counted = (0, 1);
        let tests = tests.into_iter().map(|test| {
            let start = starts.next().unwrap_or(text.len());
            let before = text.get(counted.0..start).unwrap_or_default();
            let lines = before.bytes().filter(|byte| *byte == b'\n').count();
            counted = (start, counted.1 + u32::try_from(lines).unwrap_or_default());
            (test, counted.1)
        });
        Ok(Self {
            tests: tests.collect(),
        })
    }

    /// How many tests there are.
    pub fn len(&self) -> usize {
        self.tests.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// The questions that the tests ask.
    pub fn queries(&self, trust_domain: &str) -> Result<Vec<Query>, Unanswerable> {
        self.tests
            .iter()
            .map(|(test, _)| test.query(trust_domain))
            .collect()
    }

    /// Runs the tests; gives those that fail.
    pub fn run(&self, mesh: &Mesh) -> Result<Vec<Failed>, Unanswerable> {
        let answers = Answers::new(mesh);
        let mut failed = Vec::new();
        for (test, line) in &self.tests {
            let told = |error: Unanswerable| {
                Unanswerable(format!("line {line}: test {:?}: {error}", test.name))
            };
            let query = test.query(answers.trust_domain()).map_err(told)?;
            let answer = answers.answer(&query).map_err(told)?;
            if let Some(because) = test.refuted(mesh, &answer) {
                failed.push(Failed {
                    name: test.name.clone(),
                    line: *line,
                    because,
                });
            }
        }
        Ok(failed)
    }
}

impl Test {
    fn query(&self, trust_domain: &str) -> Result<Query, Unanswerable> {
        if !matches!(self.verdict.as_str(), "allow" | "deny" | "mixed") {
            return Err(Unanswerable(format!(
                "verdict {:?} is neither allow nor deny",
                self.verdict
            )));
        }
        let mut from = From::parse(&self.from, trust_domain)?;
        from.headers.clone_from(&self.headers);
        from.jwt.clone_from(&self.jwt);
        if self.ip.is_some() {
            from.ip.clone_from(&self.ip);
        }
        from.remote_ip.clone_from(&self.remote_ip);
        let to = To {
            method: self.method.clone(),
            path: self.path.clone(),
            host: self.host.clone(),
            ..To::parse(&self.to)?
        };
        let query = Query { from, to };
        query.check()?;
        Ok(query)
    }

    /// How the answer differs from what is expected.
    fn refuted(&self, mesh: &Mesh, answer: &Answer) -> Option<String> {
        let by = answer.by.map(|by| words::object(mesh, by));
        let is_verdict = answer.verdict.as_str() == self.verdict;
        let is_by = self.by.is_none() || self.by == by;
        if is_verdict && is_by {
            return None;
        }
        let found = match answer.verdict {
            Verdict::Allow => "it is allowed",
            Verdict::Deny => "it is denied",
            Verdict::Mixed => "backends differ",
        };
        Some(format!("{found}: {}", answer.why))
    }
}
