#![allow(clippy::indexing_slicing)]
use super::*;

/// `kind path: identity=content@document …`; documents default to one of the path's own.
fn piece(text: &str) -> Piece {
    let (head, items) = text.split_once(':').unwrap_or((text, ""));
    let (kind, path) = head.split_once(' ').unwrap_or(("plain", head));
    let number = |text: &str| {
        use std::hash::BuildHasher as _;
        rustc_hash::FxBuildHasher.hash_one(text)
    };
    let items = items
        .split_whitespace()
        .map(|item| {
            let (object, document) = item.split_once('@').unwrap_or((item, ""));
            let (identity, content) = object.split_once('=').unwrap_or((object, ""));
            let document = if document.is_empty() {
                format!("{path}{identity}")
            } else {
                document.to_owned()
            };
            Item {
                identity: number(identity),
                content: number(content),
                document: number(&document),
                is_mesh: true,
                decides: true,
            }
        })
        .collect();
    let (kind, environment) = match kind.split_once('=') {
        Some((kind, environment)) => (kind, Some(environment.to_owned())),
        None => (kind, None),
    };
    Piece {
        path: if path == "." { "" } else { path }.to_owned(),
        kind: match kind {
            "kustomize" => PieceKind::Kustomize,
            "helm" => PieceKind::Helm,
            "dump" => PieceKind::Dump,
            _ => PieceKind::Plain,
        },
        name: path.rsplit('/').next().unwrap_or_default().to_owned(),
        environment,
        items,
    }
}

fn worlds(texts: &[&str]) -> Vec<String> {
    let pieces: Vec<Piece> = texts.iter().map(|text| piece(text)).collect();
    group(&pieces)
        .iter()
        .map(|group| {
            let members: Vec<&str> = group
                .pieces
                .iter()
                .map(|(index, _)| pieces[*index].path.as_str())
                .collect();
            format!("{}: {}", group.name, members.join(" "))
        })
        .collect()
}

#[test]
fn overlays_of_one_base_are_worlds_named_by_what_differs() {
    assert_eq!(
        worlds(&[
            "kustomize shop/overlays/dev: vs=1@base",
            "kustomize shop/overlays/prod: vs=2@base",
            "kustomize web/overlays/production: web=2@web",
            "kustomize web/overlays/development: web=1@web",
            "plain mesh: gw=1",
        ]),
        [
            "dev: shop/overlays/dev web/overlays/development mesh",
            "prod: shop/overlays/prod web/overlays/production mesh"
        ]
    );
}

#[test]
fn a_slot_joins_those_below_it_and_paths_that_name_it() {
    assert_eq!(
        worlds(&[
            "kustomize a/dev: x=1@x",
            "kustomize a/prod/eu: x=2@x",
            "kustomize a/prod/us: x=3@x",
            "kustomize b/dev: y=1@y",
            "kustomize b/prod: y=2@y",
            "plain policies/prod: p=1",
        ]),
        [
            "dev: a/dev b/dev",
            "prod/eu: a/prod/eu b/prod policies/prod",
            "prod/us: a/prod/us b/prod policies/prod"
        ]
    );
}

#[test]
fn folders_that_define_an_object_differently_are_alternatives() {
    assert_eq!(
        worlds(&[
            "plain app: svc=1",
            "plain routing: ns=1",
            "plain routing/canary: vs=1",
            "plain routing/stable: vs=2"
        ]),
        [
            "routing/canary: app routing routing/canary",
            "routing/stable: app routing routing/stable"
        ]
    );
}

#[test]
fn an_outer_alternative_is_part_of_the_inner_ones() {
    assert_eq!(
        worlds(&[
            "plain demo/one: svc=1",
            "plain demo/one/canary: vs=1",
            "plain demo/one/stable: vs=2",
            "plain demo/two: svc=2",
        ]),
        [
            "demo/one/canary: demo/one demo/one/canary",
            "demo/one/stable: demo/one demo/one/stable",
            "demo/two: demo/two"
        ]
    );
}

#[test]
fn environments_and_alternatives_do_not_multiply() {
    assert_eq!(
        worlds(&[
            "kustomize shop/overlays/dev: vs=1@b",
            "kustomize shop/overlays/prod: vs=2@b",
            "plain mesh: gw=1",
            "plain policy/lax: pa=1",
            "plain policy/strict: pa=2",
        ])
        .len(),
        4
    );
}

#[test]
fn an_object_that_an_inner_folder_defines_otherwise_leaves_the_rest_of_the_outer_one() {
    let pieces = [piece("plain .: svc=1 vs=1"), piece("plain canary: vs=2")];
    let groups = group(&pieces);
    assert_eq!(
        groups[0],
        Group {
            name: "canary".into(),
            pieces: vec![(0, vec![1]), (1, vec![])]
        }
    );
    assert_eq!(groups[1].pieces, [(0, vec![])]);
}

#[test]
fn copies_and_contradictions_inside_one_folder_do_not_split() {
    assert_eq!(
        worlds(&["plain a: x=1", "plain b: x=1", "plain c: y=1 y=2"]),
        ["main: a b c"]
    );
}

#[test]
fn charts_and_dumps_stand_alone() {
    assert_eq!(
        worlds(&[
            "helm charts/shop: a=1",
            "helm charts/web: b=1",
            "dump state.yaml: c=1"
        ]),
        [
            "shop: charts/shop",
            "state.yaml: state.yaml",
            "web: charts/web"
        ]
    );
    assert_eq!(worlds(&["helm shop: a=1"]), ["main: shop"]);
}

#[test]
fn charts_of_environments_join_their_slots() {
    assert_eq!(
        worlds(&[
            "helm=dev shop: a=1@a",
            "helm=prod shop: a=2@a",
            "kustomize web/overlays/dev: b=1@b",
            "kustomize web/overlays/prod: b=2@b",
        ]),
        ["dev: shop web/overlays/dev", "prod: shop web/overlays/prod"]
    );
}
