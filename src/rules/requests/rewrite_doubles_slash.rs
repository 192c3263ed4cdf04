//! MESH1008: a prefix and what it is rewritten to of which only one ends in a slash.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::model::networking::{HttpMatchRequest, VirtualService};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::edit::{Change, Content};
use crate::yaml::{FieldPath, is_placeholder};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "rewrite-doubles-slash",
    codes: &[Code::MESH1008],
    runs: &[Run::VirtualService(rewrite_doubles_slash)],
};

fn rewrite_doubles_slash(service: &Object<VirtualService>, _: &Mesh, findings: &mut Findings) {
    // Prefixes that every request for them is taken by already.
    let mut taken: FxHashSet<&str> = FxHashSet::default();
    for (i, route) in service.spec.http.iter().enumerate() {
        let rewrite = route.rewrite.as_ref().map_or("", |rewrite| &rewrite.uri);
        let is_judged = !rewrite.is_empty() && !is_placeholder(rewrite);
        let mut found = None;
        for (j, matching) in route.matches.iter().enumerate() {
            let Some(prefix) = prefix_of(matching) else {
                continue;
            };
            if found.is_none() && is_judged {
                let mistake = mistake(prefix, rewrite);
                found = mistake
                    .filter(|mistake| {
                        *mistake != Mistake::Doubled
                            || !taken.contains(format!("{prefix}/").as_str())
                    })
                    .map(|mistake| (mistake, j, prefix));
            }
            if asks_for_path_alone(matching) {
                taken.insert(prefix);
            }
        }
        if let Some((mistake, j, prefix)) = found {
            let at = Place {
                object: service.id,
                rewrite: path!["spec", "http", i, "rewrite", "uri"],
                matches: path!["spec", "http", i, "match"],
                matching: j,
            };
            let is_only =
                route.matches.len() == 1 && route.matches.first().is_some_and(asks_for_path_alone);
            findings.push(at.finding(mistake, prefix, rewrite, is_only));
        }
    }
}

/// What becomes of paths behind the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    /// The slash of the path comes behind that of the rewrite: `//users`.
    Doubled,
    /// The slash of the path goes with the prefix: `/v2users`.
    Lost,
}

fn mistake(prefix: &str, rewrite: &str) -> Option<Mistake> {
    match (prefix.ends_with('/'), rewrite.ends_with('/')) {
        // What ends in `-` or `.` is followed by a word, not by a slash.
        (false, true) if prefix.ends_with(|c: char| c.is_alphanumeric()) => Some(Mistake::Doubled),
        // What follows may be meant for a query.
        (true, false) if !rewrite.contains('?') => Some(Mistake::Lost),
        _ => None,
    }
}

fn prefix_of(matching: &HttpMatchRequest) -> Option<&str> {
    let prefix = matching.uri.as_ref()?.prefix.as_deref()?;
    (!is_placeholder(prefix)).then_some(prefix)
}

fn asks_for_path_alone(matching: &HttpMatchRequest) -> bool {
    let rest = HttpMatchRequest {
        name: matching.name.clone(),
        uri: matching.uri.clone(),
        ..HttpMatchRequest::default()
    };
    *matching == rest
}

/// Where a rewrite stands, and the match whose prefix it takes the place of.
struct Place {
    object: ObjectId,
    rewrite: FieldPath,
    matches: FieldPath,
    matching: usize,
}

impl Place {
    /// `is_only` says that the match is the route's only one, and asks for nothing but the path.
    fn finding(&self, mistake: Mistake, prefix: &str, rewrite: &str, is_only: bool) -> Finding {
        let (before, why) = match mistake {
            Mistake::Doubled => (
                format!("{prefix}/users"),
                format!("prefix {prefix} ends without a slash, the rewrite with one"),
            ),
            Mistake::Lost => (
                format!("{prefix}users"),
                format!("prefix {prefix} ends in a slash, the rewrite does not"),
            ),
        };
        let after = before.replacen(prefix, rewrite, 1);
        let message = format!("a request for {before} reaches the application as {after}: {why}");
        let help = match mistake {
            Mistake::Doubled if rewrite == "/" => {
                format!("match {prefix}/ as prefix and {prefix} as exact, both rewritten to /")
            }
            Mistake::Doubled => format!("rewrite to {}", rewrite.trim_end_matches('/')),
            Mistake::Lost => format!("rewrite to {rewrite}/"),
        };
        let uri = self
            .matches
            .item(self.matching)
            .field("uri")
            .field("prefix");
        Finding::new(Code::MESH1008, self.object, self.rewrite.clone(), message)
            .help(help)
            .related(self.object, uri.clone(), "only this text is replaced")
            .fix(self.fix(mistake, &uri, prefix, rewrite, is_only))
    }

    fn fix(
        &self,
        mistake: Mistake,
        uri: &FieldPath,
        prefix: &str,
        rewrite: &str,
        is_only: bool,
    ) -> Option<Fix> {
        if !is_only {
            return None;
        }
        let write = |text: String| {
            Fix::hazardous(format!("rewrite to {text}")).write(
                self.object,
                self.rewrite.clone(),
                text,
            )
        };
        match mistake {
            Mistake::Lost => Some(write(format!("{rewrite}/"))),
            Mistake::Doubled if rewrite == "/" => {
                let exact = Content::mapping([("exact", Content::text(prefix))]);
                let exact = Content::mapping([("uri", exact)]);
                let next = self.matches.item(self.matching + 1);
                Some(
                    Fix::hazardous(format!("match {prefix}/, and {prefix} on its own"))
                        .write(self.object, uri.clone(), format!("{prefix}/"))
                        .change(self.object, next, Change::Insert(exact)),
                )
            }
            Mistake::Doubled => Some(write(rewrite.trim_end_matches('/').to_owned())),
        }
    }
}
