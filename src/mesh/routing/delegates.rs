//! Delegation: which routes hand their requests to the routes of another VirtualService, and which
//! matches of the two go together.
//!
//! Source: `mergeVirtualServicesIfNeeded` and `hasConflict` in `pilot/pkg/model/virtualservice.go` of
//! Istio.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Routing;
use crate::mesh::places::NamespaceId;
use crate::model::networking::{
    Delegate, HttpMatchRequest, HttpRoute, StringMatch, VirtualService,
};
use crate::model::{Map, Object, Str};
use crate::yaml::is_placeholder;

/// Positions of VirtualServices and indices of their routes, by the delegate that they name; made
/// when first asked for.
#[derive(Debug, Default)]
pub(super) struct Delegations(OnceLock<FxHashMap<(NamespaceId, Str), Vec<(u32, usize)>>>);

/// A route that hands its requests to another VirtualService.
#[derive(Debug, Clone, Copy)]
pub struct Delegation<'m> {
    /// The VirtualService of the route, which has hosts.
    pub root: &'m Object<VirtualService>,
    /// The index of the route.
    pub index: usize,
    /// The route.
    pub route: &'m HttpRoute,
}

impl Routing {
    /// The namespace of a delegate, for a route in `home`.
    pub fn delegate_namespace<'a>(delegate: &'a Delegate, home: &'a str) -> &'a str {
        if delegate.namespace.is_empty() {
            home
        } else {
            &delegate.namespace
        }
    }

    /// The routes that hand their requests to this VirtualService, in load order. Those of
    /// VirtualServices without hosts do not count: delegation goes down one level.
    pub fn delegations_to<'m>(
        &'m self,
        delegate: &'m Object<VirtualService>,
    ) -> impl Iterator<Item = Delegation<'m>> {
        let index = self.delegations.0.get_or_init(|| self.delegation_index());
        let home = self.places.namespace_of(delegate.id);
        let found = index.get(&(home, delegate.metadata.name.clone()));
        found.into_iter().flatten().filter_map(|(position, index)| {
            let root = self.objects.virtual_services.get(*position as usize)?;
            let route = root.spec.http.get(*index)?;
            Some(Delegation {
                root,
                index: *index,
                route,
            })
        })
    }

    fn delegation_index(&self) -> FxHashMap<(NamespaceId, Str), Vec<(u32, usize)>> {
        let mut index: FxHashMap<_, Vec<(u32, usize)>> = FxHashMap::default();
        for (position, root) in (0u32..).zip(&self.objects.virtual_services) {
            if root.spec.hosts.is_empty() {
                continue;
            }
            for (at, route) in root.spec.http.iter().enumerate() {
                let Some(delegate) = &route.delegate else {
                    continue;
                };
                let namespace = Self::delegate_namespace(delegate, root.namespace());
                if let Some(namespace) = self.places.id(namespace) {
                    let key = (namespace, delegate.name.clone());
                    index.entry(key).or_default().push((position, at));
                }
            }
        }
        index
    }
}

/// Whether a match of a delegate lies within one of its root, so that istiod makes one match of both.
/// What only a placeholder's value decides counts as lying within.
pub fn is_within_root(root: &HttpMatchRequest, own: &HttpMatchRequest) -> bool {
    let fields = [
        (&root.uri, &own.uri),
        (&root.scheme, &own.scheme),
        (&root.method, &own.method),
        (&root.authority, &own.authority),
    ];
    let fit = |root: Option<&StringMatch>, own: Option<&StringMatch>| match (root, own) {
        (Some(root), Some(own)) => is_text_within(root, own),
        _ => true,
    };
    let all_fit = |root: &Map<StringMatch>, own: &Map<StringMatch>| {
        own.iter().all(|(name, own)| fit(root.get(name), Some(own)))
    };
    let have_gateways = !root.gateways.is_empty() && !own.gateways.is_empty();
    fields.iter().all(|(a, b)| fit(a.as_ref(), b.as_ref()))
        && all_fit(&root.headers, &own.headers)
        && all_fit(&root.without_headers, &own.without_headers)
        && all_fit(&root.query_params, &own.query_params)
        && root.ignore_uri_case == own.ignore_uri_case
        && (root.port == 0 || own.port == 0 || root.port == own.port)
        && (root.source_namespace.is_empty() || root.source_namespace == own.source_namespace)
        && own.source_labels.iter().all(|(key, value)| {
            let roots = root.source_labels.get(key);
            roots.is_none_or(|roots| roots == value)
        })
        && (!have_gateways || own.gateways.iter().all(|name| root.gateways.contains(name)))
}

/// Whether every text that `own` matches is one that `root` does, as istiod sees it: regular
/// expressions go with nothing.
fn is_text_within(root: &StringMatch, own: &StringMatch) -> bool {
    let texts = |of: &StringMatch| [of.exact.clone(), of.prefix.clone(), of.regex.clone()];
    let all = [texts(root), texts(own)];
    if all
        .iter()
        .flatten()
        .flatten()
        .any(|text| is_placeholder(text))
    {
        return true;
    }
    if root.is_unset() || own.is_unset() {
        return true;
    }
    let own_text = own.exact.as_ref().or(own.prefix.as_ref());
    match (&root.exact, &root.prefix, own_text) {
        (Some(root), _, _) => own.exact.as_ref() == Some(root),
        (None, Some(root), Some(own)) => own.starts_with(root.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::is_within_root;
    use crate::model::networking::HttpMatchRequest;

    #[test]
    fn matches_of_delegates_lie_within_those_of_their_root() {
        for (root, own, expected) in [
            ("{uri: {prefix: /a}}", "{uri: {prefix: /a/b}}", true),
            ("{uri: {prefix: /a}}", "{uri: {exact: /a}}", true),
            ("{uri: {prefix: /a}}", "{uri: {prefix: /b}}", false),
            ("{uri: {exact: /a}}", "{uri: {prefix: /a}}", false),
            ("{uri: {prefix: /a}}", "{uri: {regex: /a.*}}", false),
            ("{uri: {regex: /a.*}}", "{uri: {regex: /a.*}}", false),
            ("{uri: {prefix: /a}}", "{method: {exact: GET}}", true),
            ("{uri: {prefix: '${A}'}}", "{uri: {prefix: /b}}", true),
            (
                "{headers: {x: {exact: a}}}",
                "{headers: {x: {exact: b}}}",
                false,
            ),
            (
                "{headers: {x: {exact: a}}}",
                "{headers: {y: {exact: b}}}",
                true,
            ),
            ("{port: 80}", "{port: 81}", false),
            ("{port: 80}", "{}", true),
            ("{sourceNamespace: a}", "{}", false),
            ("{gateways: [a]}", "{gateways: [a, b]}", false),
            ("{gateways: [a, b]}", "{gateways: [b]}", true),
        ] {
            let read = |text| serde_yaml::from_str::<HttpMatchRequest>(text).unwrap();
            assert_eq!(
                is_within_root(&read(root), &read(own)),
                expected,
                "{root} {own}"
            );
        }
    }
}
