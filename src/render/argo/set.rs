//! `ApplicationSets`: from generators and a template to Applications.

use ecow::EcoString;

use super::application::trace_of;
use super::fasttemplate;
use super::generators::generate;
use super::parameters::Parameters;
use crate::render::flux::is_true;
use crate::render::gitops::{
    Cluster, Engines, Fault, FaultKind, Following, Next, Object, Unknown, shown,
};
use crate::render::value::{Entry, Key, Map, Node, Scalar, Style, Tag, Value, read_inside};
use crate::render::{EntryKind, RelatedOrigin, What, join};

/// How the templates of a set are executed.
pub(super) struct Templates<'t> {
    /// Whether they are Go templates.
    pub(super) go: bool,
    strict: bool,
    engines: &'t dyn Engines,
}

impl Templates<'_> {
    /// A text with its parameters.
    fn text(&self, text: &str, parameters: &Parameters) -> Result<String, String> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        if !self.go {
            return Ok(fasttemplate::replace(text, &parameters.flat()));
        }
        match self.engines.template(text, &parameters.tree, self.strict) {
            Some(result) => result,
            None => Ok(text.to_owned()),
        }
    }

    /// A tree in all of whose texts the parameters stand.
    pub(super) fn tree(&self, node: &Node, parameters: &Parameters) -> Result<Node, String> {
        let mut node = node.clone();
        self.fill(&mut node, parameters)?;
        Ok(node)
    }

    fn fill(&self, node: &mut Node, parameters: &Parameters) -> Result<(), String> {
        match &mut node.value {
            Value::Map(map) => {
                let mut filled = Map::default();
                for entry in map.iter() {
                    let mut value = entry.value.clone();
                    self.fill(&mut value, parameters)?;
                    let key = Key::new(
                        self.text(&entry.key.text, parameters)?,
                        entry.key.trace.clone(),
                    );
                    filled.push(key, value);
                }
                *map = filled;
            }
            Value::List(list) => {
                for item in list {
                    self.fill(item, parameters)?;
                }
            }
            Value::Scalar(scalar) => {
                let text = self.text(&scalar.text, parameters)?;
                if text != scalar.text.as_str() {
                    scalar.text = text.into();
                    scalar.tag = Tag::Str;
                    scalar.style = Style::Double;
                    node.trace = node.trace.inexact();
                }
            }
        }
        Ok(())
    }
}

/// Follows an `ApplicationSet` to its Applications.
pub(in crate::render) fn application_set(following: &mut Following<'_>, next: &Next, step: usize) {
    let object = &next.object;
    let Some(spec) = object.node().get("spec") else {
        return;
    };
    let go = is_true(spec.get("goTemplate"));
    let options = spec
        .get("goTemplateOptions")
        .and_then(Node::as_list)
        .unwrap_or_default();
    let templates = Templates {
        go,
        strict: options
            .iter()
            .any(|option| option.text().is_some_and(|text| text == "missingkey=error")),
        engines: following.gitops.engines,
    };
    let owner = shown(&object.identity);
    let template = spec.get("template");
    let namespace = template
        .and_then(|template| template.at(&["spec", "destination", "namespace"]))
        .and_then(Node::text)
        .filter(|text| !text.is_empty() && !text.contains("{{"))
        .cloned();
    for generator in spec
        .get("generators")
        .and_then(Node::as_list)
        .into_iter()
        .flatten()
    {
        let made = generate(following, generator, &templates, None, 0);
        for (because, place) in made.unknown {
            following.output.unknown.push(Unknown {
                namespace: namespace.clone(),
                because: format!("{because} ({owner})"),
                place,
                cluster: next.cluster.clone(),
            });
        }
        for (parameters, own) in made.sets {
            let base = template
                .cloned()
                .unwrap_or_else(|| Node::map(spec.trace.clone()));
            let base = match &own {
                Some(own) => base.overlaid(own),
                None => base,
            };
            for application in applications(following, &templates, &base, spec, &parameters) {
                match application {
                    Ok(application) => apply(following, object, application, &next.cluster, step),
                    Err(message) => {
                        let fault = Fault::new(
                            FaultKind::Refused,
                            template.unwrap_or(spec).trace.place,
                            format!("the template of {owner} can't be executed: {message}"),
                        );
                        let because = format!("{owner}: {message}");
                        following.fault(fault, &next.cluster, namespace.clone(), because);
                    }
                }
            }
        }
    }
}

/// The Applications of one set of parameters: one, unless its path has a placeholder for a cluster
/// that isn't known, for which every folder that fits stands.
fn applications(
    following: &Following<'_>,
    templates: &Templates<'_>,
    template: &Node,
    spec: &Node,
    parameters: &Parameters,
) -> Vec<Result<Node, String>> {
    let made = application(templates, template, spec, parameters);
    let Ok(node) = &made else {
        return vec![made];
    };
    let path = node.at(&["spec", "source", "path"]).and_then(Node::text);
    let Some(path) = path.filter(|path| path.contains("{{") && !templates.go) else {
        return vec![made];
    };
    let fitting = fitting(following, path);
    if fitting.is_empty() {
        return vec![made];
    }
    fitting
        .into_iter()
        .map(|(name, value)| {
            let mut parameters = parameters.clone();
            let trace = template.trace.inexact();
            parameters.text(&[&name], &value, &trace);
            application(templates, template, spec, &parameters)
        })
        .collect()
}

/// The values that a placeholder in a path may have, so that the folder exists.
fn fitting(following: &Following<'_>, path: &str) -> Vec<(String, String)> {
    let files = following.gitops.sources.files();
    let Some(at) = path.split('/').position(|part| part.contains("{{")) else {
        return Vec::new();
    };
    let parts: Vec<&str> = path.split('/').collect();
    let part = parts.get(at).copied().unwrap_or_default();
    let Some((before, rest)) = part.split_once("{{") else {
        return Vec::new();
    };
    let Some((name, after)) = rest.split_once("}}") else {
        return Vec::new();
    };
    let folder = parts.get(..at).unwrap_or_default().join("/");
    let mut found = Vec::new();
    for entry in files.entries(&folder) {
        let value = entry
            .name
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after));
        let Some(value) = value.filter(|value| !value.is_empty() && !entry.name.starts_with('.'))
        else {
            continue;
        };
        let below = parts.get(at + 1..).unwrap_or_default().join("/");
        let full = join(&folder, &format!("{}/{below}", entry.name));
        if full.is_some_and(|full| files.kind(&full) == Some(EntryKind::Folder)) {
            found.push((name.trim().to_owned(), value.to_owned()));
        }
    }
    found
}

/// One Application.
fn application(
    templates: &Templates<'_>,
    template: &Node,
    spec: &Node,
    parameters: &Parameters,
) -> Result<Node, String> {
    let mut node = templates.tree(template, parameters)?;
    if let Some(patch) = spec.get("templatePatch").and_then(Node::text) {
        let text = templates.text(patch, parameters)?;
        let trace = spec
            .get("templatePatch")
            .map_or(&spec.trace, |node| &node.trace);
        match read_inside(&text, trace) {
            Some(patch) if !patch.is_null() => node = node.overlaid(&patch),
            Some(_) => {}
            None if is_blank(&text) => {}
            None => return Err("its templatePatch is no YAML".to_owned()),
        }
    }
    Ok(node)
}

/// Whether a text has no YAML in it but comments.
fn is_blank(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    lines.all(|line| line.is_empty() || line.starts_with('#'))
}

/// Makes the Application an object, and follows it.
fn apply(
    following: &mut Following<'_>,
    set: &Object,
    template: Node,
    cluster: &Cluster,
    step: usize,
) {
    let trace = trace_of(set);
    let word = |text: &str| Node::scalar(Scalar::string(text), trace.clone());
    let entry = |name: &str, value: Node| Entry {
        key: Key::new(name, trace.clone()),
        value,
    };
    let mut metadata = template
        .get("metadata")
        .cloned()
        .unwrap_or_else(|| Node::map(trace.clone()));
    if let Some(map) = metadata.as_map_mut() {
        map.get_or_insert_with(Key::new("namespace", trace.clone()), || {
            word(&set.identity.namespace)
        });
        let keeps = set
            .node()
            .at(&["spec", "syncPolicy", "preserveResourcesOnDeletion"]);
        if !is_true(keeps) {
            map.get_or_insert_with(Key::new("finalizers", trace.clone()), || {
                let finalizer = word("resources-finalizer.argocd.argoproj.io");
                Node::new(Value::List(vec![finalizer]), trace.clone())
            });
        }
    }
    let mut fields = vec![
        entry("apiVersion", word("argoproj.io/v1alpha1")),
        entry("kind", word("Application")),
        entry("metadata", metadata),
    ];
    fields.extend(template.get("spec").map(|spec| entry("spec", spec.clone())));
    let node = Node::new(Value::Map(fields.into_iter().collect()), trace.clone());
    let Some(mut object) = Object::of(node, &set.rendered) else {
        return;
    };
    let link = RelatedOrigin {
        place: set.place(),
        what: What::ApplicationSet,
        note: "generates it",
    };
    let chain = object
        .rendered
        .chain
        .iter()
        .copied()
        .chain([link])
        .collect();
    object.rendered.chain = chain;
    let namespace: Option<EcoString> = None;
    following.apply(object, namespace.as_ref(), cluster, step);
}
