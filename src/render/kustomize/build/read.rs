//! Reading kustomization files.

use std::sync::Arc;

use super::{Deprecated, Here, Run, find_file};
use crate::render::kustomize::file::{Decoder, Kustomization, Text};
use crate::render::kustomize::loader::Loader;
use crate::render::kustomize::problem::{Problem, ProblemKind, Result};
use crate::render::kustomize::schema::{OpenApi, Schema};
use crate::render::value::{Node, Reads, Trace};
use crate::render::{Place, What};

impl Run<'_> {
    pub(super) fn canonical(&self, folder: &str) -> String {
        let canonical = self.sources.files().canonical(folder);
        canonical.unwrap_or_else(|| folder.to_owned())
    }

    /// Reads the kustomization file of a folder.
    pub(super) fn load(
        &mut self,
        folder: &str,
        entry: Option<&Trace>,
        is_root: bool,
    ) -> Result<(Kustomization, String)> {
        self.entered.push(folder.to_owned());
        if is_root && let Some(instead) = self.options.instead {
            let k = self.decode(instead)?;
            return Ok((k, "kustomization.yaml".to_owned()));
        }
        let files = find_file(self.sources, folder);
        let place = entry.map(|entry| entry.place);
        let shown = if folder.is_empty() { "." } else { folder };
        let path = match files.as_slice() {
            [path] => path,
            [] => {
                return Err(Problem::new(
                    ProblemKind::NoKustomization,
                    place,
                    format!("the folder {shown} has no kustomization"),
                )
                .help("a kustomization is called kustomization.yaml"));
            }
            _ => {
                return Err(Problem::new(
                    ProblemKind::NoKustomization,
                    place,
                    format!(
                        "the folder {shown} has several kustomizations: {}",
                        files.join(", ")
                    ),
                ));
            }
        };
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        self.inputs.insert(path.clone());
        let fault = |message: String, place: Option<Place>| {
            Problem::new(ProblemKind::BadKustomization, place, message)
        };
        let Some(source) = self.sources.open(path) else {
            return Err(fault(format!("{path} can't be read"), place));
        };
        let text = self.sources.text(source);
        let nodes = Loader::documents(&text, source, None, Reads::Kubernetes, What::Kustomization)
            .map_err(|mut problem| {
                problem.kind = ProblemKind::BadKustomization;
                problem
            })?;
        let start = Place {
            source,
            span: crate::yaml::Span::default(),
        };
        let Some(node) = nodes.first() else {
            return Err(fault(format!("{path} is empty"), Some(start)));
        };
        if node.as_map().is_none() {
            return Err(fault(
                format!("{path} must be a mapping, not {}", node.type_name()),
                Some(node.trace.place),
            ));
        }
        let k = self.decode(node)?;
        check(&k, path, start)?;
        self.deprecated
            .extend(k.deprecated.iter().map(|(field, trace)| Deprecated {
                field,
                place: trace.place,
            }));
        Ok((k, name))
    }

    pub(super) fn decode(&mut self, node: &Node) -> Result<Kustomization> {
        let mut problems = Vec::new();
        let k = Kustomization::decode(
            &mut Decoder {
                problems: &mut problems,
                lenient: false,
                converts: false,
            },
            node,
        );
        for problem in problems {
            self.faults.note(Box::new(problem))?;
        }
        Ok(k)
    }

    /// Takes the types of an `OpenAPI` file; the first kustomization that has one decides.
    pub(super) fn use_schema(
        &mut self,
        k: &Kustomization,
        here: &Here,
        is_root: bool,
    ) -> Result<()> {
        if self.schema_is_set && !is_root {
            return Ok(());
        }
        let get = |key: &str| k.openapi.iter().find(|(name, _)| name.text == key);
        match (get("path"), get("version")) {
            (Some((key, _)), Some(_)) => Err(Problem::new(
                ProblemKind::BadKustomization,
                key.trace.place,
                "openapi has either `path` or `version`, not both",
            )),
            (Some((_, path)), None) => {
                let node = loader!(self, here).configuration(&path.text, &path.trace);
                if let Some(node) = self.faults.tolerate(node)?.flatten() {
                    self.schema = Schema::Custom(Arc::new(OpenApi::new(&node)));
                    self.schema_is_set = true;
                }
                Ok(())
            }
            (None, Some((_, version))) if !version.text.is_empty() => {
                if version.text != "v1.21.2" {
                    return Err(Problem::new(
                        ProblemKind::BadKustomization,
                        version.trace.place,
                        format!(
                            "the types of Kubernetes `{}` are not built in",
                            version.text
                        ),
                    )
                    .help("only v1.21.2 is"));
                }
                self.schema_is_set = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn is_component(k: &Kustomization) -> bool {
    k.kind.as_ref().is_some_and(|kind| kind.text == "Component")
}

/// What a kustomization file must be.
fn check(k: &Kustomization, path: &str, start: Place) -> Result<()> {
    let fault = |text: Option<&Text>, message: String| {
        let place = text.map_or(start, |text| text.trace.place);
        Err(Problem::new(ProblemKind::BadKustomization, place, message))
    };
    let kind = k.kind.as_ref().filter(|kind| !kind.text.is_empty());
    let wanted = match kind.map(|kind| kind.text.as_str()) {
        None | Some("Kustomization") => "kustomize.config.k8s.io/v1beta1",
        Some("Component") => "kustomize.config.k8s.io/v1alpha1",
        Some(other) => {
            return fault(
                kind,
                format!("the kind of {path} must be Kustomization or Component, not `{other}`"),
            );
        }
    };
    if !k.has_content {
        return fault(None, format!("{path} is empty"));
    }
    let version = k
        .api_version
        .as_ref()
        .filter(|version| !version.text.is_empty());
    if let Some(version) = version.filter(|version| version.text != wanted) {
        return fault(
            Some(version),
            format!(
                "the apiVersion of {path} must be {wanted}, not `{}`",
                version.text
            ),
        );
    }
    Ok(())
}
