//! `textDocument/completion`: fields that are not there yet, the words of enums, and names that the
//! mesh knows.

use std::collections::BTreeMap;

use gen_lsp_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionParams, Documentation,
};

use super::meaning::way;
use super::outline::{self, Outline};
use super::{Document, fields};
use crate::lsp::server::Server;
use crate::mesh::Mesh;
use crate::model::schema::{Schema, Type};
use crate::model::{Kind, Str};
use crate::yaml::Step;

/// Names that are offered at once; more come as more is typed.
const MOST: usize = 500;

/// What may stand at a position.
pub(super) fn answer(server: &Server, params: &CompletionParams) -> Option<CompletionList> {
    let position = &params.text_document_position_params;
    let document = Document::of(server, &position.text_document)?;
    let offset = document.lines().offset(position.position);
    let outline = outline::at(&document.text, offset)?;
    let world = document.worlds().into_iter().next();
    let mesh = world.map(|world| &*world.mesh);
    let mut offers = Offers {
        prefix: outline.prefix.trim_start_matches(['"', '\'']).to_owned(),
        items: BTreeMap::new(),
        is_cut: false,
    };
    offers.collect(&outline, mesh);
    Some(CompletionList {
        is_incomplete: offers.is_cut,
        items: offers.items.into_values().collect(),
        ..CompletionList::default()
    })
}

/// What is offered, by label.
struct Offers {
    prefix: String,
    items: BTreeMap<String, CompletionItem>,
    is_cut: bool,
}

impl Offers {
    fn collect(&mut self, outline: &Outline, mesh: Option<&Mesh>) {
        let group = outline.api_version.rsplit_once('/');
        let kind = Kind::find(group.map_or("", |(group, _)| group), &outline.kind);
        let schema = kind.and_then(|kind| fields::at(kind, outline.path.steps()));
        let is_item = matches!(outline.path.last(), Some(Step::Item(_)));
        if outline.is_value || is_item {
            self.values(outline, schema, mesh);
        }
        if !outline.is_value {
            self.top(outline);
            if let (Some(kind), Some(schema)) = (kind, schema) {
                self.fields(kind, outline, schema);
            }
        }
    }

    /// The fields of every object.
    fn top(&mut self, outline: &Outline) {
        let names: &[(&str, &str)] = match way(&outline.path).as_str() {
            "" => &[
                ("apiVersion", "group and version of the kind"),
                ("kind", "what the object is"),
                ("metadata", "name, namespace, labels, annotations"),
                ("spec", "what is wanted"),
            ],
            "metadata" => &[
                ("name", "the name, unique in its namespace"),
                ("namespace", "the namespace that it lives in"),
                ("labels", "what selectors see"),
                ("annotations", "what tools read"),
            ],
            _ => return,
        };
        for (name, detail) in names {
            if !has(outline, name) {
                self.offer(name, CompletionItemKind::Field, detail, None);
            }
        }
    }

    fn fields(&mut self, kind: Kind, outline: &Outline, schema: &Schema) {
        let Type::Object(object) = &schema.ty else {
            return;
        };
        for field in object
            .fields
            .iter()
            .filter(|field| !has(outline, field.name))
        {
            let path = outline.path.field(field.name);
            let purpose = fields::purpose(kind, &way(&path));
            let detail = fields::type_of(&field.schema);
            self.offer(field.name, CompletionItemKind::Field, &detail, purpose);
        }
    }

    fn values(&mut self, outline: &Outline, schema: Option<&Schema>, mesh: Option<&Mesh>) {
        let way = way(&outline.path);
        match way.as_str() {
            "kind" => {
                for kind in Kind::ALL {
                    let detail = match kind.group() {
                        "" => "core",
                        group => group,
                    };
                    self.offer(kind.name(), CompletionItemKind::Class, detail, None);
                }
            }
            "apiVersion" => self.api_versions(outline),
            _ => {}
        }
        if let Some(schema) = schema {
            for word in &schema.enum_values {
                self.offer(word, CompletionItemKind::EnumMember, "enum", None);
            }
            if matches!(schema.ty, Type::Bool) {
                self.offer("true", CompletionItemKind::Value, "boolean", None);
                self.offer("false", CompletionItemKind::Value, "boolean", None);
            }
        }
        if let Some(mesh) = mesh {
            self.names(outline, &way, mesh);
        }
    }

    fn api_versions(&mut self, outline: &Outline) {
        let wanted = |kind: &&Kind| outline.kind.is_empty() || kind.name() == outline.kind;
        for kind in Kind::ALL.iter().filter(wanted) {
            for version in kind.versions() {
                let text = match kind.group() {
                    "" => (*version).to_owned(),
                    group => format!("{group}/{version}"),
                };
                self.offer(&text, CompletionItemKind::Value, kind.name(), None);
            }
        }
    }

    /// Names of the mesh that may stand at this place.
    fn names(&mut self, outline: &Outline, way: &str, mesh: &Mesh) {
        let home = match outline.namespace.as_str() {
            "" => mesh.settings.default_namespace.clone(),
            namespace => Str::from(namespace),
        };
        let ends = |end: &str| way.ends_with(end);
        let kind = outline.kind.as_str();
        if ends("/destination/host")
            || ends("/mirror/host")
            || (kind == "DestinationRule" && way == "spec/host")
            || (kind == "VirtualService" && way == "spec/hosts[]")
        {
            self.hosts(&home, mesh);
        } else if ends("/destination/subset") || ends("/mirror/subset") {
            let host = outline.siblings.iter().find(|(key, _)| key == "host");
            let host = host.map(|(_, host)| host.trim().trim_matches(['"', '\'']));
            self.subsets(host.unwrap_or_default(), &home, mesh);
        } else if kind == "VirtualService"
            && (way == "spec/gateways[]" || ends("/match[]/gateways[]"))
        {
            self.gateways(&home, mesh);
        } else if way == "metadata/namespace"
            || ends("/source/namespaces[]")
            || ends("/source/notNamespaces[]")
        {
            for (_, namespace) in mesh.places.known() {
                let name = namespace.name.as_str();
                self.offer(name, CompletionItemKind::Module, "Namespace", None);
            }
        } else if ends("/source/principals[]") || ends("/source/notPrincipals[]") {
            self.principals(mesh);
        } else if ends("serviceAccountName") {
            for account in &mesh.objects.service_accounts {
                if account.namespace() == home {
                    let name = account.name();
                    self.offer(name, CompletionItemKind::Reference, "ServiceAccount", None);
                }
            }
        } else if ends("/credentialName") {
            for secret in &mesh.objects.secrets {
                let detail = format!("Secret {}/{}", secret.namespace(), secret.name());
                self.offer(secret.name(), CompletionItemKind::Reference, &detail, None);
            }
        }
    }

    fn hosts(&mut self, home: &str, mesh: &Mesh) {
        for service in &mesh.objects.services {
            let detail = format!("Service {}/{}", service.namespace(), service.name());
            if service.namespace() == home {
                self.offer(service.name(), CompletionItemKind::Reference, &detail, None);
            }
            let full = format!(
                "{}.{}.{}",
                service.name(),
                service.namespace(),
                mesh.registry.identity_domain
            );
            self.offer(&full, CompletionItemKind::Reference, &detail, None);
        }
        for entry in &mesh.objects.service_entries {
            let detail = format!("ServiceEntry {}/{}", entry.namespace(), entry.name());
            for host in &entry.spec.hosts {
                self.offer(host, CompletionItemKind::Reference, &detail, None);
            }
        }
    }

    fn subsets(&mut self, host: &str, home: &str, mesh: &Mesh) {
        let host = mesh.registry.destination_host(host, home);
        for rule in mesh.routing.destination_rules_covering(host) {
            let detail = format!("DestinationRule {}/{}", rule.namespace(), rule.name());
            for subset in &rule.spec.subsets {
                self.offer(&subset.name, CompletionItemKind::Reference, &detail, None);
            }
        }
    }

    fn gateways(&mut self, home: &str, mesh: &Mesh) {
        let detail = "the sidecars of the mesh";
        self.offer("mesh", CompletionItemKind::Keyword, detail, None);
        for gateway in &mesh.objects.gateways {
            let full = format!("{}/{}", gateway.namespace(), gateway.name());
            let detail = format!("Gateway {full}");
            if gateway.namespace() == home {
                self.offer(gateway.name(), CompletionItemKind::Reference, &detail, None);
            }
            self.offer(&full, CompletionItemKind::Reference, &detail, None);
        }
    }

    fn principals(&mut self, mesh: &Mesh) {
        let domains = mesh.security.trust_domains();
        let domain = domains.first().map_or("cluster.local", Str::as_str);
        for (namespace, account) in mesh.workloads.accounts() {
            let namespace = mesh.places.name(namespace);
            let principal = format!("{domain}/ns/{namespace}/sa/{account}");
            let detail = format!("ServiceAccount {namespace}/{account}");
            self.offer(&principal, CompletionItemKind::Reference, &detail, None);
        }
    }

    fn offer(
        &mut self,
        label: &str,
        kind: CompletionItemKind,
        detail: &str,
        purpose: Option<&str>,
    ) {
        if label.is_empty() || !label.starts_with(&self.prefix) || self.items.contains_key(label) {
            return;
        }
        if self.items.len() >= MOST {
            self.is_cut = true;
            return;
        }
        let item = CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            detail: Some(detail.to_owned()),
            documentation: purpose.map(|text| Documentation::String(text.to_owned())),
            ..CompletionItem::default()
        };
        self.items.insert(label.to_owned(), item);
    }
}

/// Whether a key stands beside what is being written.
fn has(outline: &Outline, key: &str) -> bool {
    outline.siblings.iter().any(|(own, _)| own == key)
}
