//! Blocks, rows and sums tell the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::mesh::testing::{deployment, mesh, namespace, networking, object, peer};

const SPACES: [&str; 4] = ["in", "two", "out", "amb"];

fn base() -> String {
    let mut yaml = namespace("in", "istio-injection: enabled")
        + &namespace("two", "istio.io/rev: canary")
        + &namespace("out", "")
        + &namespace("amb", "istio.io/dataplane-mode: ambient");
    for space in SPACES {
        for app in ["api", "cli"] {
            yaml += &deployment(&format!("{space}/{app}"), &format!("app: {app}"));
        }
        yaml += &deployment(
            &format!("{space}/old"),
            "app: api, v: old, sidecar.istio.io/inject: 'false'",
        );
        yaml += &object(
            "v1 Service",
            &format!("{space}/api"),
            "spec: {selector: {app: api}, ports: [{port: 80, name: http, targetPort: 8080}, {port: 9000, name: tcp}]}",
        );
    }
    yaml
}

/// Policies and rules at all levels.
fn pieces() -> impl Strategy<Value = String> {
    let space = || prop::sample::select(vec!["in", "two", "out", "amb", "istio-system"]);
    let host = prop::sample::select(vec![
        "api.in.svc.cluster.local",
        "api.amb.svc.cluster.local",
        "'*.in.svc.cluster.local'",
        "'*.local'",
        "api",
    ]);
    let tls = prop::sample::select(vec!["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"]);
    let mode = prop::sample::select(vec!["STRICT", "PERMISSIVE", "DISABLE", "UNSET"]);
    let exports = prop::sample::select(vec![
        "",
        ", exportTo: ['.']",
        ", exportTo: ['*']",
        ", exportTo: [two]",
        ", exportTo: [in, out]",
        ", workloadSelector: {matchLabels: {app: cli}}",
    ]);
    let selector = prop::sample::select(vec![
        "",
        "selector: {matchLabels: {app: api}}, ",
        "portLevelMtls: {8080: {mode: DISABLE}}, selector: {matchLabels: {app: api}}, ",
    ]);
    let rule = (space(), host, tls, exports, 0..9u8).prop_map(|(space, host, tls, exports, id)| {
        networking(
            "DestinationRule",
            &format!("{space}/r{id}"),
            &format!("host: {host}, trafficPolicy: {{tls: {{mode: {tls}}}}}{exports}"),
        )
    });
    let policy = (space(), mode, selector, 0..9u8).prop_map(|(space, mode, selector, id)| {
        peer(
            &format!("{space}/p{id}"),
            &format!("{selector}mtls: {{mode: {mode}}}"),
        )
    });
    prop_oneof![rule, policy]
}

/// Counts by namespaces and verdict.
type Sums = BTreeMap<(String, String, Verdict), u64>;

fn of_rows(edges: &Edges<'_>, mesh: &Mesh) -> Sums {
    let mut sums = Sums::new();
    let done: Result<(), ()> = edges.rows(|row| {
        if row.subset.is_none() {
            let told = row.told(mesh);
            let space = |name: &str| name.split_once('/').unwrap().0.to_owned();
            let key = (space(&told.from), space(&told.to), row.outcome.verdict);
            *sums.entry(key).or_default() += 1;
        }
        Ok(())
    });
    done.unwrap();
    sums
}

fn of_summary(edges: &Edges<'_>) -> Sums {
    let mut sums = Sums::new();
    let done: Result<(), ()> = edges.summary(|row| {
        for verdict in [
            Verdict::Mtls,
            Verdict::Plaintext,
            Verdict::Tls,
            Verdict::Broken,
        ] {
            let count = row.counts.verdict(verdict);
            if count > 0 {
                sums.insert((row.from.to_owned(), row.to.to_owned(), verdict), count);
            }
        }
        Ok(())
    });
    done.unwrap();
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn sums_are_those_of_the_rows(pieces in prop::collection::vec(pieces(), 0..8)) {
        let yaml = base() + &pieces.concat();
        let mesh = mesh(&yaml);
        let inside = Filter {
            inside: Some("in".to_owned()),
            ..Filter::default()
        };
        let some = Filter {
            from: Some(Pattern::parse("*/cli").unwrap()),
            broken: true,
            ..Filter::default()
        };
        for filter in [&Filter::default(), &inside, &some] {
            let edges = Edges::new(&mesh, filter);
            let rows = of_rows(&edges, &mesh);
            prop_assert_eq!(&of_summary(&edges), &rows);
            let mut counted = 0;
            edges.blocks(|block, callers| {
                assert_eq!(callers.members(block.caller, block.target).len(), block.caller.count);
                counted += block.count() as u64;
            });
            prop_assert_eq!(counted, rows.values().sum::<u64>());
        }
    }
}

fn shown(env: &str, rest: &str) -> Vec<String> {
    let client = object(
        "apps/v1 Deployment",
        "two/client",
        &format!(
            "spec: {{template: {{metadata: {{labels: {{app: client}}}}, spec: {{serviceAccountName: client, containers: [{{name: a, env: [{{name: X, value: '{env}'}}], envFrom: [{{configMapRef: {{name: settings}}}}]}}]}}}}}}"
        ),
    );
    let mesh = mesh(&(base() + &client + rest));
    let calls = Calls::find(&mesh);
    let from = mesh
        .workloads
        .iter()
        .find(|(_, own)| own.name == "client")
        .unwrap()
        .0;
    let wire = mesh.security.wire();
    let mut found = Vec::new();
    for target in wire.targets() {
        for port in wire.ports(target) {
            for kind in calls.between(from, target, port.number()).iter() {
                let space = mesh.places.name(target.namespace);
                found.push(format!("{} {space}:{}", kind.as_str(), port.number()));
            }
        }
    }
    found
}

#[test]
fn the_environment_shows_calls() {
    assert_eq!(shown("http://api.in/x", ""), ["env in:80"]);
    assert_eq!(shown("api.in.svc:9000", ""), ["env in:9000"]);
    assert_eq!(shown("http://api", ""), ["env two:80"]);
    assert!(shown("api.in.svc.cluster.local", "").is_empty());
    assert!(shown("http://api.in:81", "").is_empty());
    let map = object(
        "v1 ConfigMap",
        "two/settings",
        "data: {url: 'http://api.out.svc.cluster.local:80/'}",
    );
    assert_eq!(shown("", &map), ["env out:80"]);
}

#[test]
fn configuration_shows_calls() {
    let sidecar = networking(
        "Sidecar",
        "two/x",
        "egress: [{hosts: ['in/api.in.svc.cluster.local', 'out/*']}]",
    );
    assert_eq!(shown("", &sidecar), ["egress in:80", "egress in:9000"]);
    let rule = networking(
        "DestinationRule",
        "two/x",
        "host: api.in.svc.cluster.local, workloadSelector: {matchLabels: {app: client}}",
    );
    assert_eq!(shown("", &rule), ["rule in:80", "rule in:9000"]);
    let policy = object(
        "security.istio.io/v1 AuthorizationPolicy",
        "in/x",
        "spec: {selector: {matchLabels: {app: api}}, rules: [{from: [{source: {principals: [cluster.local/ns/two/sa/client]}}]}]}",
    );
    assert_eq!(shown("", &policy), ["allow in:80", "allow in:9000"]);
}

#[test]
fn patterns_that_name_nothing_are_told() {
    let mesh = mesh(&base());
    let check = |from: Option<&str>, to: Option<&str>| {
        let pattern = |text: Option<&str>| text.map(|text| Pattern::parse(text).unwrap());
        let filter = Filter {
            from: pattern(from),
            to: pattern(to),
            ..Filter::default()
        };
        filter.check(&mesh).map_err(|unknown| unknown.to_string())
    };
    assert_eq!(check(Some("in/cli"), Some("in/api:80")), Ok(()));
    assert_eq!(check(Some("i*"), Some("nothing*")), Ok(()));
    assert_eq!(
        check(None, Some("in/apis")),
        Err("there is no service in/apis, did you mean in/api?".to_owned())
    );
    assert_eq!(
        check(None, Some("in/api:81")),
        Err("there is no port in/api:81, did you mean in/api:80?".to_owned())
    );
    assert!(check(Some("nowhere"), None).is_err());
}
