//! Samples made from the tables: per field and constraint a good and a bad one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use serde_json::{Map, Value as Json, json};

use super::*;
use crate::model::{extensions, gateway_api, networking, security, telemetry};
use crate::yaml::{DecodeOptions, Trail, Tree, decode};

fn problems_of(kind: Kind, text: &str) -> Vec<SchemaProblem> {
    let tree = Tree::parse(text);
    let document = tree.documents().first().expect("a document");
    validate(kind, tree.root(document).expect("a root"))
}

/// The least value that satisfies the schema.
fn good(schema: &Schema) -> Json {
    match &schema.ty {
        Type::Object(object) => {
            let mut fields = Map::new();
            for field in object.fields.iter().filter(|f| f.schema.required) {
                fields.insert(field.name.to_owned(), good(&field.schema));
            }
            for group in object.groups.iter().filter(|g| g.exactly) {
                let name = group.members[0];
                let field = &object.fields[object.find(name).unwrap()];
                fields.insert(name.to_owned(), good(&field.schema));
            }
            Json::Object(fields)
        }
        Type::List(item) => json!(vec![good(item); schema.min_size.unwrap_or(1)]),
        Type::Map(value) => json!({ key(schema): good(value) }),
        Type::String => json!(good_text(schema)),
        Type::Duration { .. } => json!("1ms"),
        Type::Bool => json!(true),
        Type::Integer(_) if schema.rules.contains(&Rule::RedirectStatus) => json!(301),
        Type::Integer(_) => json!(schema.min.unwrap_or(1).max(1)),
        Type::Double => json!(schema.max.unwrap_or(1)),
        Type::Free => json!({ "any": [1] }),
    }
}

fn key(map: &Schema) -> &'static str {
    if map.rules.contains(&Rule::PortKeys) {
        "8080"
    } else {
        "key"
    }
}

fn good_text(schema: &Schema) -> &'static str {
    for rule in &schema.rules {
        match rule {
            Rule::SameNamespace => return "",
            Rule::PathCharacters => return "/",
            Rule::ProbeScheme => return "HTTPS",
            Rule::HttpUrl | Rule::PluginUrl => return "https://example.com",
            _ => {}
        }
    }
    match (&schema.enum_values[..], &schema.pattern) {
        ([word, ..], _) => word,
        ([], Some(pattern)) => ["", "a", "a/b", "System", "https://a"]
            .into_iter()
            .find(|text| pattern.is_match(text) && text.len() >= schema.min_size.unwrap_or(0))
            .expect("a text that matches"),
        _ => "a",
    }
}

/// A document that has `leaf` at a path of [`fields`] and else only what is required; and the
/// path of the leaf.
fn document(kind: Kind, path: &str, leaf: Json) -> (Json, String) {
    fn build(schema: &Schema, path: &str, leaf: Json, at: &mut String) -> Json {
        if path.is_empty() {
            return leaf;
        }
        if let (Some(rest), Type::List(item)) = (path.strip_prefix("[]"), &schema.ty) {
            at.push_str("[0]");
            let mut items = vec![good(item); schema.min_size.unwrap_or(1)];
            items[0] = build(item, rest, leaf, at);
            return json!(items);
        }
        if let (Some(rest), Type::Map(value)) = (path.strip_prefix("{}"), &schema.ty) {
            at.push('/');
            at.push_str(key(schema));
            return json!({ key(schema): build(value, rest, leaf, at) });
        }
        let Type::Object(object) = &schema.ty else {
            panic!("{path} is not in the schema");
        };
        let path = path.strip_prefix('/').unwrap_or(path);
        let end = path.find(['/', '[', '{']).unwrap_or(path.len());
        let (name, rest) = path.split_at(end);
        if !at.is_empty() {
            at.push('/');
        }
        at.push_str(name);
        let field = &object.fields[object.find(name).expect(name)];
        let mut value = good(schema);
        for group in object.groups.iter().filter(|g| g.members.contains(&name)) {
            for other in &group.members {
                value.as_object_mut().unwrap().shift_remove(*other);
            }
        }
        value[name] = build(&field.schema, rest, leaf, at);
        value
    }
    let mut at = String::new();
    let mut document = build(of(kind).unwrap(), path, leaf, &mut at);
    satisfy(kind, path, &mut document);
    (document, at)
}

/// Adds what the rules about whole objects ask for.
fn satisfy(kind: Kind, path: &str, document: &mut Json) {
    let Some(spec) = document.get_mut("spec").filter(|s| s.is_object()) else {
        return;
    };
    let address = |workload: &mut Json| {
        if workload.is_object()
            && workload.get("address").is_none()
            && workload.get("network").is_none()
        {
            workload["address"] = json!("10.0.0.1");
        }
    };
    match kind {
        Kind::ServiceEntry if spec.get("endpoints").is_some() => {
            if spec.get("resolution").is_none() {
                spec["resolution"] = json!("STATIC");
            }
            spec["endpoints"]
                .as_array_mut()
                .into_iter()
                .flatten()
                .for_each(address);
        }
        Kind::WorkloadEntry => address(spec),
        Kind::EnvoyFilter if path.contains("/waypoint") => {
            spec["configPatches"][0]["match"]["context"] = json!("WAYPOINT");
        }
        Kind::PeerAuthentication if spec.get("portLevelMtls").is_some() => {
            spec["selector"] = json!({"matchLabels": {"app": "a"}});
        }
        Kind::Telemetry if path.ends_with("tagOverrides{}/operation") => {
            spec["metrics"][0]["overrides"][0]["tagOverrides"]["key"]["value"] = json!("v");
        }
        Kind::K8sGateway
        | Kind::HttpRoute
        | Kind::GrpcRoute
        | Kind::TcpRoute
        | Kind::TlsRoute
        | Kind::UdpRoute
        | Kind::BackendTlsPolicy => satisfy_gateway("spec", spec),
        _ => {}
    }
}

/// Adds what the rules of the Gateway API ask for; `name` is the field that holds the value.
fn satisfy_gateway(name: &str, value: &mut Json) {
    match value {
        Json::Array(items) => items
            .iter_mut()
            .for_each(|item| satisfy_gateway(name, item)),
        Json::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                satisfy_gateway(name, value);
            }
            satisfy_object(name, fields);
        }
        _ => {}
    }
}

fn satisfy_object(name: &str, fields: &mut Map<String, Json>) {
    const FILTERS: &[(&str, &str)] = &[
        ("requestHeaderModifier", "RequestHeaderModifier"),
        ("responseHeaderModifier", "ResponseHeaderModifier"),
        ("requestMirror", "RequestMirror"),
        ("requestRedirect", "RequestRedirect"),
        ("urlRewrite", "URLRewrite"),
        ("extensionRef", "ExtensionRef"),
        ("cors", "CORS"),
        ("externalAuth", "ExternalAuth"),
    ];
    let missing = match name {
        "backendRef" | "backendRefs" => Some(("port", json!(80))),
        "fraction" => Some(("denominator", json!(100))),
        "sessionPersistence" => Some(("absoluteTimeout", json!("1h"))),
        "method" => Some(("service", json!("a"))),
        "validation"
            if fields.contains_key("hostname") && !fields.contains_key("caCertificateRefs") =>
        {
            Some(("wellKnownCACertificates", json!("System")))
        }
        "subjectAltNames" if !fields.contains_key("uri") => Some(("hostname", json!("a"))),
        _ => None,
    };
    if let Some((field, value)) = missing {
        fields.entry(field).or_insert(value);
    }
    let is_text = |fields: &Map<String, Json>| fields.get("type").is_some_and(Json::is_string);
    match name {
        "addresses" if fields.get("value") == Some(&json!("a")) => {
            fields["value"] = json!("10.0.0.1");
        }
        "listeners" => {
            if let Some(Json::Object(tls)) = fields.get_mut("tls") {
                tls.entry("options").or_insert(json!({"a": "b"}));
            }
        }
        "path" if fields.get("value") == Some(&json!("a")) => fields["value"] = json!("/a"),
        "path" if is_text(fields) => {
            if fields.contains_key("replacePrefixMatch") {
                fields["type"] = json!("ReplacePrefixMatch");
            } else if fields["type"] == "ReplaceFullPath" {
                fields.entry("replaceFullPath").or_insert(json!("/"));
            }
        }
        "filters" if is_text(fields) => {
            match FILTERS
                .iter()
                .find(|(field, _)| fields.contains_key(*field))
            {
                Some((_, kind)) => fields["type"] = json!(kind),
                None => {
                    fields.insert("requestHeaderModifier".to_owned(), json!({}));
                }
            }
        }
        "externalAuth" if fields.contains_key("grpc") && fields.contains_key("protocol") => {
            fields["protocol"] = json!("GRPC");
        }
        "subjectAltNames" if fields.contains_key("uri") && is_text(fields) => {
            fields["type"] = json!("URI");
        }
        _ => {}
    }
}

#[test]
fn tables_are_well_formed() {
    for &kind in KINDS {
        let (_, errors) = parse::parse(table(kind).unwrap());
        assert_eq!(errors, Vec::<String>::new(), "{}", kind.name());
        assert!(fields(kind).len() > 5, "{}", kind.name());
    }
    let lines: usize = KINDS
        .iter()
        .map(|kind| table(*kind).unwrap().lines().count() - 1)
        .sum();
    assert_eq!(lines, 1036);
}

#[test]
fn every_rule_is_used() {
    for rule in Rule::ALL {
        let used = KINDS
            .iter()
            .flat_map(|kind| fields(*kind))
            .any(|(_, schema)| schema.rules.contains(rule));
        assert!(used, "{}", rule.name());
    }
}

#[test]
fn a_good_value_of_every_field_passes_and_decodes() {
    for &kind in KINDS {
        for (path, schema) in fields(kind) {
            let (document, _) = document(kind, &path, good(schema));
            let text = document.to_string();
            assert_eq!(problems_of(kind, &text), [], "{path}: {text}");
            assert_eq!(undecodable(kind, &text), [""; 0], "{path}: {text}");
            for word in &schema.enum_values {
                let text = document_with(kind, &path, json!(word));
                assert_eq!(undecodable(kind, &text), [""; 0], "{path}: {text}");
            }
        }
    }
}

fn document_with(kind: Kind, path: &str, leaf: Json) -> String {
    document(kind, path, leaf).0.to_string()
}

/// What the typed model does not take: the model has every field of the schema.
fn undecodable(kind: Kind, text: &str) -> Vec<String> {
    fn problems<T: serde::de::DeserializeOwned + Default>(text: &str) -> Vec<String> {
        let tree = Tree::parse(text);
        let root = tree.root(&tree.documents()[0]).unwrap();
        let options = DecodeOptions {
            proto: true,
            unknown_fields: true,
        };
        decode::<T>(root.get("spec").unwrap(), &Trail::Root, options)
            .problems
            .into_iter()
            .map(|p| format!("{p:?}"))
            .collect()
    }
    match kind {
        Kind::VirtualService => problems::<networking::VirtualService>(text),
        Kind::DestinationRule => problems::<networking::DestinationRule>(text),
        Kind::Gateway => problems::<networking::Gateway>(text),
        Kind::ServiceEntry => problems::<networking::ServiceEntry>(text),
        Kind::Sidecar => problems::<networking::Sidecar>(text),
        Kind::WorkloadEntry => problems::<networking::WorkloadEntry>(text),
        Kind::WorkloadGroup => problems::<networking::WorkloadGroup>(text),
        Kind::EnvoyFilter => problems::<networking::EnvoyFilter>(text),
        Kind::ProxyConfig => problems::<networking::ProxyConfig>(text),
        Kind::PeerAuthentication => problems::<security::PeerAuthentication>(text),
        Kind::AuthorizationPolicy => problems::<security::AuthorizationPolicy>(text),
        Kind::RequestAuthentication => problems::<security::RequestAuthentication>(text),
        Kind::Telemetry => problems::<telemetry::Telemetry>(text),
        Kind::WasmPlugin => problems::<extensions::WasmPlugin>(text),
        Kind::TrafficExtension => problems::<extensions::TrafficExtension>(text),
        Kind::GatewayClass => problems::<gateway_api::GatewayClass>(text),
        Kind::K8sGateway => problems::<gateway_api::Gateway>(text),
        Kind::HttpRoute => problems::<gateway_api::HttpRoute>(text),
        Kind::GrpcRoute => problems::<gateway_api::GrpcRoute>(text),
        Kind::TcpRoute | Kind::TlsRoute | Kind::UdpRoute => problems::<gateway_api::L4Route>(text),
        Kind::ReferenceGrant => problems::<gateway_api::ReferenceGrant>(text),
        Kind::BackendTlsPolicy => problems::<gateway_api::BackendTlsPolicy>(text),
        _ => panic!("{} has no schema", kind.name()),
    }
}

/// Values that break one constraint each.
fn bad_values(schema: &Schema) -> Vec<(Json, ProblemKind)> {
    let mut bad = Vec::new();
    match &schema.ty {
        Type::String => {
            if !schema.enum_values.is_empty() {
                bad.push((json!(1), ProblemKind::Form));
            }
            if let Some(least) = schema.min_size {
                bad.push((json!("a".repeat(least - 1)), ProblemKind::Length));
            }
            if let Some(most) = schema.max_size {
                bad.push((json!("ä".repeat(most + 1)), ProblemKind::Length));
            }
            if schema.pattern.is_some() {
                bad.push((json!("\u{7}%"), ProblemKind::Pattern));
            }
        }
        Type::Duration { bounded: true } => {
            for text in ["0", "-5s", "0.99ms"] {
                bad.push((json!(text), ProblemKind::Rule));
            }
        }
        Type::Integer(width) => {
            bad.push((json!("5"), ProblemKind::Form));
            if let Some(least) = schema.min.filter(|n| width.holds(i128::from(n - 1))) {
                bad.push((json!(least - 1), ProblemKind::Range));
            }
            if let Some(most) = schema.max {
                bad.push((json!(most + 1), ProblemKind::Range));
            }
        }
        Type::Double => {
            bad.push((json!("5.5"), ProblemKind::Form));
            if let Some(least) = schema.min {
                bad.push((json!(least - 1), ProblemKind::Range));
            }
            if let Some(most) = schema.max {
                bad.push((json!(most + 1), ProblemKind::Range));
            }
        }
        Type::List(item) => {
            if let Some(least) = schema.min_size {
                bad.push((json!(vec![good(item); least - 1]), ProblemKind::Size));
            }
            if let Some(most) = schema.max_size {
                bad.push((json!(vec![good(item); most + 1]), ProblemKind::Size));
            }
        }
        Type::Map(value) => {
            let entries = |n: usize| -> Json {
                (0..n)
                    .map(|i| (format!("k{i}"), good(value)))
                    .collect::<Map<_, _>>()
                    .into()
            };
            if let Some(least) = schema.min_size {
                bad.push((entries(least - 1), ProblemKind::Size));
            }
            if let Some(most) = schema.max_size {
                bad.push((entries(most + 1), ProblemKind::Size));
            }
        }
        Type::Object(object) => {
            for group in &object.groups {
                let mut value = good(schema);
                for name in &group.members {
                    let field = &object.fields[object.find(name).unwrap()];
                    value[*name] = good(&field.schema);
                }
                bad.push((value.clone(), ProblemKind::OneOf));
                if group.exactly {
                    for name in &group.members {
                        value.as_object_mut().unwrap().shift_remove(*name);
                    }
                    bad.push((value, ProblemKind::OneOf));
                }
            }
        }
        _ => {}
    }
    bad
}

#[test]
fn a_bad_value_of_every_constraint_is_found_at_its_path() {
    let mut samples = 0;
    for &kind in KINDS {
        for (path, schema) in fields(kind) {
            let mut bad = bad_values(schema);
            if path.ends_with("[]") || path.ends_with("{}") {
                bad.push((Json::Null, ProblemKind::Form));
            } else if schema.required {
                bad.push((Json::Null, ProblemKind::Required));
            }
            for (value, sort) in bad {
                let (document, at) = document(kind, &path, value);
                let text = document.to_string();
                let found = problems_of(kind, &text);
                assert!(
                    found
                        .iter()
                        .any(|p| p.kind == sort && p.path.to_string() == at),
                    "{path}: {sort:?} missing in {found:?}\n{text}"
                );
                samples += 1;
            }
            if let (Some(key), Type::List(item)) = (schema.unique, &schema.ty) {
                for count in [2, schema.max_size.unwrap_or(40).min(40)] {
                    let mut items: Vec<Json> = (0..count)
                        .map(|i| {
                            let mut value = good(item);
                            value["number"] = json!(i + 1);
                            value["port"] = json!(i + 1);
                            value["name"] = json!(format!("n{i}"));
                            value
                        })
                        .collect();
                    items[count - 1][key] = items[0][key].clone();
                    let (document, at) = document(kind, &path, json!(items));
                    let found = problems_of(kind, &document.to_string());
                    assert_eq!(found.len(), 1, "{found:?}");
                    assert_eq!(found[0].kind, ProblemKind::Duplicate);
                    assert_eq!(found[0].path.to_string(), format!("{at}[{}]", count - 1));
                    samples += 1;
                }
            }
        }
    }
    assert!(samples > 500, "{samples}");
}

#[test]
fn rules_hold_and_fail() {
    use Rule::*;
    // 129 matches.
    const MANY_MATCHES: &str = concat!(
        "[{matches: [{}]}",
        ", {matches: [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, \
         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, \
         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, \
         {}, {}, {}, {}, {}, {}, {}, {}]}",
        ", {matches: [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, \
         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, \
         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, \
         {}, {}, {}, {}, {}, {}, {}, {}]}",
        "]"
    );
    let samples: &[(Rule, &[&str], &[&str])] = &[
        (PortRange, &["1", "65535", "x"], &["0", "65536"]),
        (
            PortKeys,
            &["{8080: {}, '1': {}}", "{}"],
            &["{0: {}}", "{http: {}}", "{65536: {}}"],
        ),
        (
            PortNames,
            &["{http: 1, A-1: 2}"],
            &["{'': 1}", "{a_b: 1}", "{-a: 1}"],
        ),
        (
            PortNumbersUnique,
            &["[{number: 1}, {number: 2}, {}]"],
            &["[{number: 1}, {number: 1}]"],
        ),
        (KeyWithoutWildcard, &["{a: '*'}"], &["{'a*': b}"]),
        (KeyNotEmpty, &["{a: b}"], &["{'': b}"]),
        (ValueWithoutWildcard, &["a"], &["a*"]),
        (SelectorWithoutWildcard, &["a"], &["'*'"]),
        (HostNotWildcard, &["'*.a'"], &["'*'"]),
        (SameNamespace, &["''"], &["a"]),
        (ProbeScheme, &["HTTP", "HTTPS", "''"], &["http", "TCP"]),
        (
            HttpUrl,
            &["https://a/b", "HTTP://a"],
            &["a.b/c", "ftp://a", "a b://c"],
        ),
        (
            PluginUrl,
            &["oci://a/b", "file:///x", "host/path", "/x"],
            &["s3://x", "registry.example.com:5000/x"],
        ),
        (
            UdsAbsolute,
            &["unix:///a", "unix://@a", "1.2.3.4"],
            &["unix://a", "unix://"],
        ),
        (UdsNotDirectory, &["unix:///a", "/"], &["unix:///a/"]),
        (
            UdsWithoutPorts,
            &[
                "{address: 'unix:///a'}",
                "{address: 1.1.1.1, ports: {a: 1}}",
            ],
            &["{address: 'unix:///a', ports: {a: 1}}"],
        ),
        (
            AddressRequired,
            &["{address: ''}", "{network: n}"],
            &["{}", "{address: null}"],
        ),
        (
            SelectorOrEndpoints,
            &["{endpoints: []}"],
            &["{endpoints: [], workloadSelector: {}}"],
        ),
        (
            CidrResolution,
            &[
                "{addresses: [10.0.0.0/8]}",
                "{addresses: [1.1.1.1], resolution: DNS}",
            ],
            &["{addresses: [10.0.0.0/8], resolution: DNS}"],
        ),
        (
            NoneWithoutEndpoints,
            &["{resolution: DNS, endpoints: []}", "{}"],
            &["{endpoints: []}", "{resolution: NONE, endpoints: []}"],
        ),
        (
            RoundRobinOneEndpoint,
            &[
                "{resolution: DNS, endpoints: [{}, {}]}",
                "{resolution: DNS_ROUND_ROBIN, endpoints: [{}]}",
            ],
            &["{resolution: DNS_ROUND_ROBIN, endpoints: [{}, {}]}"],
        ),
        (
            NamesOrCertificates,
            &["{credentialNames: [a]}"],
            &["{credentialNames: [a], tlsCertificates: []}"],
        ),
        (
            NameOrNames,
            &["{credentialName: a}"],
            &["{credentialNames: [a], credentialName: a}"],
        ),
        (
            TargetRefsOrSelector,
            &["{targetRefs: []}"],
            &["{targetRefs: [], workloadSelector: {}}"],
        ),
        (
            WaypointContext,
            &[
                "{}",
                "{context: WAYPOINT, waypoint: {}}",
                "{context: '${C}', waypoint: {}}",
            ],
            &["{context: WAYPOINT}", "{waypoint: {}}"],
        ),
        (
            OneAttachment,
            &["{selector: {}}", "{targetRefs: [], targetRef: null}"],
            &["{selector: {}, targetRefs: []}"],
        ),
        (
            ServiceAccountsAlone,
            &["{serviceAccounts: [a], ipBlocks: [b]}"],
            &["{notServiceAccounts: [a], principals: []}"],
        ),
        (
            PortLevelWithSelector,
            &["{}", "{portLevelMtls: {}, selector: {matchLabels: {a: b}}}"],
            &[
                "{portLevelMtls: {}}",
                "{portLevelMtls: {}, selector: {matchLabels: {}}}",
            ],
        ),
        (OneJwks, &["{jwksUri: a}"], &["{jwks_uri: a, jwks: b}"]),
        (
            TagUpsertValue,
            &["{}", "{operation: UPSERT, value: a}"],
            &["{operation: UPSERT}", "{operation: UPSERT, value: ''}"],
        ),
        (
            TagRemoveValue,
            &["{operation: REMOVE}"],
            &["{operation: REMOVE, value: ''}"],
        ),
        (
            HostWithoutValue,
            &["{valueFrom: HOST}", "{value: a}"],
            &["{valueFrom: HOST, value: a}"],
        ),
        (
            ListenerWithoutTls,
            &["{protocol: HTTPS, tls: {}}", "{protocol: HTTP}"],
            &["{protocol: HTTP, tls: {}}", "{protocol: TCP, tls: {}}"],
        ),
        (
            ListenerTerminates,
            &[
                "{protocol: TLS, tls: {mode: Passthrough}}",
                "{protocol: HTTPS, tls: {}}",
            ],
            &["{protocol: HTTPS, tls: {mode: Passthrough}}"],
        ),
        (
            ListenerWithoutHostname,
            &["{protocol: TLS, hostname: a.b}", "{protocol: TCP}"],
            &["{protocol: UDP, hostname: a.b}"],
        ),
        (
            ListenersDistinct,
            &[
                "[{port: 80, protocol: HTTP}, {port: 80, protocol: HTTP, hostname: a}]",
                "[{port: 80, protocol: TCP}, {port: 80, protocol: UDP}]",
            ],
            &[
                "[{port: 80, protocol: HTTP}, {port: 80, protocol: HTTP}]",
                "[{port: 80, protocol: HTTP, hostname: a}, {port: 80, protocol: HTTP, hostname: a}]",
            ],
        ),
        (
            TlsCertificate,
            &[
                "{mode: Passthrough}",
                "{certificateRefs: [{name: a}]}",
                "{options: {a: b}}",
            ],
            &["{}", "{mode: Terminate, certificateRefs: []}"],
        ),
        (
            AddressesUnique,
            &[
                "[{value: 10.0.0.1}, {value: 10.0.0.2}]",
                "[{type: a/b, value: c}, {type: a/b, value: c}]",
            ],
            &["[{value: 10.0.0.1}, {type: IPAddress, value: 10.0.0.1}]"],
        ),
        (
            AddressHostname,
            &["{type: Hostname, value: '*.a.b'}", "{value: 10.0.0.1}"],
            &[
                "{type: Hostname, value: 'a:80'}",
                "{type: Hostname, value: A}",
            ],
        ),
        (
            AddressIp,
            &[
                "{value: 10.0.0.1}",
                "{value: '::1'}",
                "{type: IPAddress}",
                "{type: a/b, value: c}",
            ],
            &["{value: 1.1.1}", "{type: IPAddress, value: 256.0.0.1}"],
        ),
        (
            SectionNamed,
            &[
                "[{name: a, sectionName: b}, {name: a, sectionName: c}]",
                "[{name: a}, {name: a, kind: Service, sectionName: b}]",
            ],
            &["[{name: a}, {name: a, kind: Gateway, sectionName: b}]"],
        ),
        (
            SectionUnique,
            &[
                "[{name: a}, {name: b}]",
                "[{name: a, port: 1}, {name: a, port: 2}]",
            ],
            &[
                "[{name: a}, {name: a}]",
                "[{name: a, sectionName: b}, {name: a, sectionName: b}]",
            ],
        ),
        (
            ServicePort,
            &[
                "{name: a, port: 80}",
                "{name: a, kind: Other}",
                "{name: a, group: b, kind: Service}",
            ],
            &["{name: a}", "{name: a, group: '', kind: Service}"],
        ),
        (
            FilterMember,
            &["{type: CORS, cors: {}}", "{type: '${T}'}", "{}"],
            &[
                "{type: CORS}",
                "{type: URLRewrite, cors: {}}",
                "{type: CORS, cors: {}, urlRewrite: {}}",
            ],
        ),
        (
            FiltersOnce,
            &["[{type: RequestMirror}, {type: RequestMirror}, {type: CORS}]"],
            &["[{type: CORS}, {type: CORS}]"],
        ),
        (
            RedirectOrRewrite,
            &["[{type: URLRewrite}]"],
            &["[{type: URLRewrite}, {type: RequestRedirect}]"],
        ),
        (
            RedirectWithoutBackends,
            &["{filters: [{requestRedirect: {}}], backendRefs: []}"],
            &["{filters: [{requestRedirect: {}}], backendRefs: [{name: a}]}"],
        ),
        (
            PrefixReplaced,
            &[
                "{filters: [{urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]}",
                "{matches: [{}, {}], filters: [{urlRewrite: {path: {type: ReplaceFullPath}}}]}",
            ],
            &[
                "{matches: [{}, {}], filters: [{urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]}",
                "{matches: [{path: {type: Exact}}], filters: [{requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]}",
            ],
        ),
        (FewMatches, &["[{matches: [{}, {}]}, {}]"], &[MANY_MATCHES]),
        (
            PathAbsolute,
            &[
                "{value: /a}",
                "{}",
                "{type: RegularExpression, value: a}",
                "{value: '${P}'}",
            ],
            &["{value: a}", "{type: Exact, value: ''}"],
        ),
        (
            PathNormal,
            &["{value: /a/.b/..c}", "{type: RegularExpression, value: //}"],
            &[
                "{value: /a//b}",
                "{value: /./b}",
                "{value: /../b}",
                "{value: /a%2fb}",
                "{value: '/#'}",
                "{value: /a/..}",
                "{value: /a/.}",
            ],
        ),
        (
            PathValid,
            &["{value: '/a%20b@:'}"],
            &["{value: '/[]'}", "{value: /%2}", "{value: '/a b'}"],
        ),
        (PathCharacters, &["/a"], &["'/[]'", "''"]),
        (
            PathModifier,
            &[
                "{type: ReplaceFullPath, replaceFullPath: ''}",
                "{type: ReplacePrefixMatch, replacePrefixMatch: /}",
            ],
            &[
                "{type: ReplaceFullPath}",
                "{type: ReplacePrefixMatch, replaceFullPath: /}",
            ],
        ),
        (RedirectStatus, &["301", "308"], &["300", "404"]),
        (
            TimeoutOrder,
            &[
                "{request: 1s, backendRequest: 1000ms}",
                "{request: 0s, backendRequest: 1s}",
                "{backendRequest: 1s}",
            ],
            &["{request: 1s, backendRequest: 1001ms}"],
        ),
        (
            GatewayDuration,
            &["1h30m", "0s", "99999ms", "no duration"],
            &["0.5s", "-1s", "10us", "100000ms", "1h1h1h1h1h"],
        ),
        (
            Fraction,
            &["{numerator: 100}", "{numerator: 1, denominator: 2}"],
            &["{numerator: 101}", "{numerator: 3, denominator: 2}"],
        ),
        (HeaderValue, &["a b"], &["\"a\\nb\""]),
        (ItemsUnique, &["[a, b]"], &["[a, a]"]),
        (StarAlone, &["['*']", "[a, b]"], &["[a, '*']"]),
        (
            AuthProtocol,
            &["{protocol: GRPC, grpc: {}}", "{protocol: HTTP}"],
            &["{protocol: GRPC, http: {}}", "{protocol: HTTP, grpc: {}}"],
        ),
        (
            PermanentCookie,
            &[
                "{cookieConfig: {lifetimeType: Permanent}, absoluteTimeout: 1h}",
                "{cookieConfig: {}}",
            ],
            &["{cookieConfig: {lifetimeType: Permanent}}"],
        ),
        (
            ServiceOrMethod,
            &["{service: a}", "{method: b}"],
            &["{}", "{type: Exact}"],
        ),
        (
            GrpcNames,
            &[
                "{service: a.b.C, method: D_1}",
                "{type: RegularExpression, service: 'a.*'}",
            ],
            &[
                "{service: a/b}",
                "{method: a.b}",
                "{type: Exact, service: 'a.'}",
            ],
        ),
        (
            Authorities,
            &[
                "{wellKnownCACertificates: System}",
                "{caCertificateRefs: [{name: a}]}",
            ],
            &[
                "{}",
                "{caCertificateRefs: [{name: a}], wellKnownCACertificates: System}",
            ],
        ),
        (
            AltName,
            &[
                "{type: Hostname, hostname: a}",
                "{type: URI, uri: 'spiffe://a'}",
            ],
            &["{type: Hostname}", "{type: URI, hostname: a, uri: b}"],
        ),
    ];
    assert_eq!(samples.len(), Rule::ALL.len());
    for (rule, good, bad) in samples {
        for (texts, holds) in [(good, true), (bad, false)] {
            for text in *texts {
                let tree = Tree::parse(text);
                let node = tree.root(&tree.documents()[0]).unwrap();
                assert_eq!(rule.holds(node), holds, "{}: {text}", rule.name());
            }
        }
    }
}

#[test]
fn reads_like_the_api_server() {
    let text = "
spec:
  hosts: ['*']
  ports:
  - {number: 80, name: http}
  - {number: '81', name: http}
  - {number: 0}
  resolution: 1
  location: ${LOCATION}
  addresses:
  - ~
  workloadSelector:
    labels: {app: a*, other: 'b'}
";
    let found: Vec<String> = problems_of(Kind::ServiceEntry, text)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "spec/hosts[0]: Invalid value: \"*\": hostname cannot be wildcard",
            "spec/ports[1]/number: Invalid value: \"81\": must be of type integer, without quotes",
            "spec/ports[2]/number: Invalid value: 0: port must be between 1-65535",
            "spec/ports[2]/name: Required value",
            "spec/ports[1]: Duplicate value: {\"name\":\"http\"}",
            "spec/resolution: Invalid value: 1: must be of type string: one of \"NONE\", \"STATIC\", \"DNS\", \"DNS_ROUND_ROBIN\", \"DYNAMIC_DNS\"",
            "spec/addresses[0]: Invalid value: null: must be of type string",
            "spec/workloadSelector/labels/app: Invalid value: \"a*\": wildcard is not supported in selector",
        ]
    );
}

#[test]
fn absence_null_and_other_types_are_not_the_schema_s_to_report() {
    for text in [
        "spec: {host: a, trafficPolicy: null}",
        "spec: {host: 5, unknown: 1}",
        "spec: {host: a, trafficPolicy: {tls: [], loadBalancer: {simple: NOPE}}}",
        "spec: {host: a, trafficPolicy: {connectionPool: {tcp: {connectTimeout: 5, maxConnections: x}}}}",
        "spec: [a]",
        "metadata: {name: a}",
    ] {
        assert_eq!(problems_of(Kind::DestinationRule, text), [], "{text}");
    }
    let found = problems_of(Kind::WorkloadEntry, "metadata: {}");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_string(), "spec: Required value");
    let found = problems_of(
        Kind::VirtualService,
        "spec: {tls: [{match: [{sni_hosts: [a]}]}]}",
    );
    assert_eq!(
        found[0].to_string(),
        "spec/tls[0]/match[0]/sniHosts: Required value: the API server does not know the spelling \"sni_hosts\""
    );
    let found = problems_of(
        Kind::VirtualService,
        "spec: {http: [{redirect: {port: 1, derivePort: FROM_REQUEST_PORT}}]}",
    );
    assert_eq!(
        found[0].to_string(),
        "spec/http[0]/redirect: Invalid value: only one of port, derivePort can be set, found derivePort and port"
    );
}

#[test]
fn kinds_without_a_schema_yield_nothing() {
    assert_eq!(problems_of(Kind::Service, "spec: {ports: 5}"), []);
    assert!(fields(Kind::Service).is_empty());
}
