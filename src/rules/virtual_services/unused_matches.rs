//! IST0130, IST0131: routes and matches that earlier ones leave nothing for.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::networking::{
    HttpMatchRequest, L4MatchAttributes, StringMatch, TlsMatchAttributes, VirtualService,
};
use crate::model::{Map, Object, Str};
use crate::path;
use crate::rules::validation::is_validated;
use crate::rules::validation::text::quote;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "unused-matches",
    codes: &[Code::IST0130, Code::IST0131],
    runs: &[Run::VirtualService(unused_matches)],
};

/// Reports routes that can never be taken, and matches that add nothing.
fn unused_matches(service: &Object<VirtualService>, mesh: &Mesh, findings: &mut Findings) {
    if !is_validated(service, mesh) {
        return;
    }
    let spec = &service.spec;
    let by_text = mesh.quirks.unused_matches_by_text;
    if spec.http.len() > 1 || spec.http.iter().any(|route| route.matches.len() > 1) {
        let routes: Vec<Route<'_, _>> = spec
            .http
            .iter()
            .map(|route| Route {
                name: &route.name,
                matches: &route.matches,
                // A delegate takes what its own routes match; the rest falls through.
                takes_all: by_text || route.delegate.is_none(),
            })
            .collect();
        let mut report = Report::new(service, "http", findings);
        let seen = report.unused(&routes);
        report.covered(&routes, &seen, by_text);
    }
    if spec.tls.len() > 1 || spec.tls.iter().any(|route| route.matches.len() > 1) {
        let routes: Vec<_> = spec.tls.iter().map(|r| Route::plain(&r.matches)).collect();
        Report::new(service, "tls", findings).unused(&routes);
    }
    if spec.tcp.len() > 1 || spec.tcp.iter().any(|route| route.matches.len() > 1) {
        let routes: Vec<_> = spec.tcp.iter().map(|r| Route::plain(&r.matches)).collect();
        Report::new(service, "tcp", findings).unused(&routes);
    }
}

/// A route as far as it matters here.
struct Route<'a, M> {
    name: &'a str,
    matches: &'a [M],
    takes_all: bool,
}

impl<'a, M> Route<'a, M> {
    const fn plain(matches: &'a [M]) -> Self {
        Self {
            name: "",
            matches,
            takes_all: true,
        }
    }
}

/// Where a match stands: index of the route and of the match.
type Place = (usize, usize);

/// A match of any protocol.
trait Matching {
    /// Its name, empty for protocols whose matches have none.
    fn name(&self) -> &str;

    /// Feeds a hash with some of what equal matches share.
    fn feed(&self, hasher: &mut FxHasher);

    /// Whether both match the same; names do not count.
    fn is_same(&self, other: &Self) -> bool;
}

struct Report<'a> {
    service: &'a Object<VirtualService>,
    list: &'static str,
    findings: &'a mut Findings,
}

impl<'a> Report<'a> {
    fn new(
        service: &'a Object<VirtualService>,
        list: &'static str,
        findings: &'a mut Findings,
    ) -> Self {
        Self {
            service,
            list,
            findings,
        }
    }

    /// Walks the routes in order; gives the places of the matches that are the first of their
    /// kind.
    fn unused<M: Matching>(&mut self, routes: &[Route<'_, M>]) -> Vec<Place> {
        let mut seen: FxHashMap<u64, Vec<Place>> = FxHashMap::default();
        let mut first_of_kind = Vec::new();
        let mut catch_all: Option<usize> = None;
        for (index, route) in routes.iter().enumerate() {
            if route.matches.is_empty() {
                if catch_all.is_some() {
                    let reason = "only the last rule can have no matches";
                    self.unreachable(routes, index, reason, catch_all);
                }
                if route.takes_all {
                    catch_all = Some(index);
                }
                continue;
            }
            let mut repeated = 0;
            for (at, matching) in route.matches.iter().enumerate() {
                if catch_all.is_some() {
                    let reason = "route without matches defined before";
                    self.unreachable(routes, index, reason, catch_all);
                    continue;
                }
                let mut hasher = FxBuildHasher.build_hasher();
                matching.feed(&mut hasher);
                let same = seen.entry(hasher.finish()).or_default();
                let earlier = same.iter().copied().find(|place| {
                    matching_at(routes, *place).is_some_and(|other| other.is_same(matching))
                });
                if let Some(earlier) = earlier {
                    repeated += 1;
                    let (rule, name) = (rule_name(routes, index), match_name(matching.name(), at));
                    let by = rule_name(routes, earlier.0);
                    self.ineffective((index, at), &rule, &name, earlier, &by);
                } else if route.takes_all {
                    same.push((index, at));
                    first_of_kind.push((index, at));
                }
            }
            if repeated == route.matches.len() {
                self.unreachable(routes, index, "all matches used by prior rules", None);
            }
        }
        first_of_kind
    }

    /// Reports matches of a URI prefix that an earlier, shorter prefix covers.
    fn covered(&mut self, routes: &[Route<'_, HttpMatchRequest>], places: &[Place], by_text: bool) {
        let mut by_prefix: FxHashMap<&str, Vec<(Place, &HttpMatchRequest)>> = FxHashMap::default();
        for place in places {
            let Some(later) = matching_at(routes, *place) else {
                continue;
            };
            let Some(prefix) = uri_prefix(later) else {
                continue;
            };
            for (end, _) in prefix.char_indices().skip(1) {
                let shorter = prefix.get(..end).unwrap_or_default();
                for (earlier_place, earlier) in by_prefix.get(shorter).into_iter().flatten() {
                    let covers = if by_text {
                        covers_by_text(earlier, later)
                    } else {
                        covers(earlier, later)
                    };
                    if covers {
                        let rule = rule_name(routes, place.0);
                        let name = match_name(&later.name, place.1);
                        let by = format!(
                            "{} of prefix {shorter} on {}",
                            match_name(&earlier.name, earlier_place.1),
                            rule_name(routes, earlier_place.0)
                        );
                        let name = format!("{name} of prefix {prefix}");
                        self.ineffective(*place, &rule, &name, *earlier_place, &by);
                    }
                }
            }
            by_prefix.entry(prefix).or_default().push((*place, later));
        }
    }

    fn unreachable<M>(
        &mut self,
        routes: &[Route<'_, M>],
        route: usize,
        reason: &str,
        by: Option<usize>,
    ) {
        let rule = rule_name(routes, route);
        let mut finding = Finding::new(
            Code::IST0130,
            self.service.id,
            path!["spec", self.list, route],
            format!("VirtualService rule {rule} not used ({reason})."),
        )
        .help("routes are tried in order: move this one up, or remove it");
        if let Some(by) = by {
            finding = finding.related(
                self.service.id,
                path!["spec", self.list, by],
                "this route takes everything",
            );
        }
        self.findings.push(finding);
    }

    fn ineffective(&mut self, place: Place, rule: &str, name: &str, by: Place, by_rule: &str) {
        let path = |(route, at): Place| path!["spec", self.list, route, "match", at];
        let finding = Finding::new(
            Code::IST0131,
            self.service.id,
            path(place),
            format!(
                "VirtualService rule {rule} match {name} is not used (duplicate/overlapping match \
                 in rule {by_rule})."
            ),
        )
        .help("routes are tried in order: move the narrower match up, or remove it")
        .related(
            self.service.id,
            path(by),
            "this match is tried before and takes the same",
        );
        self.findings.push(finding);
    }
}

fn matching_at<'a, M>(routes: &[Route<'a, M>], (route, at): Place) -> Option<&'a M> {
    routes.get(route).and_then(|route| route.matches.get(at))
}

fn rule_name<M>(routes: &[Route<'_, M>], index: usize) -> String {
    match_name(routes.get(index).map_or("", |route| route.name), index)
}

fn match_name(name: &str, index: usize) -> String {
    if name.is_empty() {
        format!("#{index}")
    } else {
        quote(name)
    }
}

fn uri_prefix(request: &HttpMatchRequest) -> Option<&str> {
    let prefix = request.uri.as_ref()?.prefix.as_deref()?;
    (!prefix.is_empty()).then_some(prefix)
}

/// Whether every request that `later` matches is one that `earlier` matches; the URI's prefix has
/// been looked at.
fn covers(earlier: &HttpMatchRequest, later: &HttpMatchRequest) -> bool {
    let takes = |a: &Option<StringMatch>, b: &Option<StringMatch>| match (a, b) {
        (None, _) => true,
        (Some(a), b) => takes_text(a, b.as_ref()),
    };
    let takes_all = |a: &Map<StringMatch>, b: &Map<StringMatch>| {
        a.iter().all(|(name, value)| takes_text(value, b.get(name)))
    };
    (earlier.port == 0 || earlier.port == later.port)
        && takes(&earlier.scheme, &later.scheme)
        && takes(&earlier.method, &later.method)
        && takes(&earlier.authority, &later.authority)
        && takes_all(&earlier.headers, &later.headers)
        && takes_all(&earlier.query_params, &later.query_params)
        && has_all(&later.without_headers, &earlier.without_headers)
        && earlier.source_labels.selects(&later.source_labels)
        && (earlier.gateways.is_empty() || earlier.gateways == later.gateways)
        && (earlier.source_namespace.is_empty()
            || earlier.source_namespace == later.source_namespace)
        && (earlier.ignore_uri_case || !later.ignore_uri_case)
}

/// Whether `a` matches every text that `b` matches. An absent match does not even ask that there
/// is a text.
fn takes_text(a: &StringMatch, b: Option<&StringMatch>) -> bool {
    let Some(b) = b else {
        return false;
    };
    let begins = |text: &Option<Str>, prefix: &str| {
        text.as_ref().is_some_and(|text| text.starts_with(prefix))
    };
    match &a.prefix {
        Some(prefix) => begins(&b.exact, prefix) || begins(&b.prefix, prefix),
        None => a == b,
    }
}

/// Upstream's way: the texts of the matches are compared from their beginnings.
fn covers_by_text(earlier: &HttpMatchRequest, later: &HttpMatchRequest) -> bool {
    let text = |value: Option<&StringMatch>, unset: &str| match value {
        None => unset.to_owned(),
        Some(value) => match (&value.exact, &value.prefix) {
            (Some(exact), _) => format!("exact:{exact}"),
            (None, Some(prefix)) => format!("prefix:{prefix}"),
            (None, None) => String::new(),
        },
    };
    let takes = |a: Option<&StringMatch>, b: Option<&StringMatch>, unset: &str| {
        text(a, unset).starts_with(&text(b, unset))
    };
    let takes_all = |a: &Map<StringMatch>, b: &Map<StringMatch>| {
        a.len() == b.len()
            && a.iter()
                .all(|(name, value)| b.contains_key(name) && takes(Some(value), b.get(name), ""))
    };
    earlier.port == later.port
        && takes(earlier.method.as_ref(), later.method.as_ref(), "exact:GET")
        && takes(earlier.authority.as_ref(), later.authority.as_ref(), "")
        && takes_all(&earlier.headers, &later.headers)
        && takes_all(&earlier.query_params, &later.query_params)
        && takes_all(&earlier.without_headers, &later.without_headers)
}

/// Whether `map` has every entry of `entries`.
fn has_all<V: PartialEq>(map: &Map<V>, entries: &Map<V>) -> bool {
    entries
        .iter()
        .all(|(key, value)| map.get(key) == Some(value))
}

fn is_same_map<V: PartialEq>(a: &Map<V>, b: &Map<V>) -> bool {
    a.len() == b.len() && has_all(a, b)
}

fn feed_match(value: Option<&StringMatch>, hasher: &mut FxHasher) {
    if let Some(StringMatch {
        exact,
        prefix,
        regex,
    }) = value
    {
        (exact, prefix, regex).hash(hasher);
    }
}

impl Matching for HttpMatchRequest {
    fn name(&self) -> &str {
        &self.name
    }

    fn feed(&self, hasher: &mut FxHasher) {
        feed_match(self.uri.as_ref(), hasher);
        feed_match(self.method.as_ref(), hasher);
        feed_match(self.authority.as_ref(), hasher);
        (self.port, self.headers.len(), self.query_params.len()).hash(hasher);
        if self.headers.len() == 1 {
            for (name, value) in &self.headers {
                name.hash(hasher);
                feed_match(Some(value), hasher);
            }
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.uri == other.uri
            && self.scheme == other.scheme
            && self.method == other.method
            && self.authority == other.authority
            && is_same_map(&self.headers, &other.headers)
            && is_same_map(&self.without_headers, &other.without_headers)
            && is_same_map(&self.query_params, &other.query_params)
            && self.ignore_uri_case == other.ignore_uri_case
            && self.port == other.port
            && is_same_map(&self.source_labels, &other.source_labels)
            && self.source_namespace == other.source_namespace
            && self.gateways == other.gateways
            && self.stat_prefix == other.stat_prefix
    }
}

impl Matching for TlsMatchAttributes {
    fn name(&self) -> &'static str {
        ""
    }

    fn feed(&self, hasher: &mut FxHasher) {
        (&self.sni_hosts, &self.destination_subnets, self.port).hash(hasher);
    }

    fn is_same(&self, other: &Self) -> bool {
        self.sni_hosts == other.sni_hosts
            && self.destination_subnets == other.destination_subnets
            && self.port == other.port
            && is_same_map(&self.source_labels, &other.source_labels)
            && self.gateways == other.gateways
            && self.source_namespace == other.source_namespace
    }
}

impl Matching for L4MatchAttributes {
    fn name(&self) -> &'static str {
        ""
    }

    fn feed(&self, hasher: &mut FxHasher) {
        (&self.destination_subnets, self.port, &self.source_subnet).hash(hasher);
    }

    fn is_same(&self, other: &Self) -> bool {
        self.destination_subnets == other.destination_subnets
            && self.port == other.port
            && self.source_subnet == other.source_subnet
            && is_same_map(&self.source_labels, &other.source_labels)
            && self.gateways == other.gateways
            && self.source_namespace == other.source_namespace
    }
}
