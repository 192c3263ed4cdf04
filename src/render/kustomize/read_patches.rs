//! Reading patches.

use std::collections::BTreeSet;

use super::super::value::{Inline, Reads, Trace};
use super::super::{Place, SourceId, What};
use super::file::{self, Text};
use super::json6902::Operation;
use super::loader::Loader;
use super::patches::{Content, Patch};
use super::problem::{Problem, ProblemKind, Result};
use super::resource::Resource;
use super::selector::Selector;

/// The text of a patch and where it stands.
struct Source<'t> {
    text: std::borrow::Cow<'t, str>,
    id: SourceId,
    inline: Option<Inline>,
}

impl Patch {
    /// Reads an entry of `patches`.
    pub(super) fn new(entry: &file::Patch, loader: &mut Loader<'_>) -> Result<Self> {
        let inline = entry
            .inline
            .as_ref()
            .filter(|text| !text.text.trim().is_empty());
        let path = entry
            .path
            .as_ref()
            .filter(|text| !text.text.trim().is_empty());
        let source = source(entry, path, inline, loader)?;
        let loader = &Loader {
            what: What::Patch,
            inputs: &mut BTreeSet::new(),
            ..*loader
        };
        let objects = loader.objects_of(&source);
        let content = match objects {
            Ok(objects) => Content::Merge(objects),
            Err(problem) => match operations(&source)? {
                Some(operations) => Content::Json(operations),
                None => {
                    return Err(Problem {
                        kind: ProblemKind::BadPatch,
                        message: format!("the patch can't be read: {}", problem.message),
                        ..*problem
                    }
                    .into());
                }
            },
        };
        let options = entry.options.as_ref();
        let patch = Self {
            content,
            target: entry.target.as_ref().map(Selector::new).transpose()?,
            target_place: entry.target.as_ref().map(|target| target.trace.clone()),
            allow_name: options.is_some_and(|options| options.allow_name_change),
            allow_kind: options.is_some_and(|options| options.allow_kind_change),
            remembers: true,
            trace: entry.trace.clone(),
        };
        match &patch.content {
            Content::Merge(objects) if objects.len() > 1 && patch.target.is_some() => {
                Err(Problem::new(
                    ProblemKind::BadPatch,
                    patch.trace.place,
                    "a patch with a target must be one document",
                )
                .help("make an entry of each document"))
            }
            Content::Json(_) if patch.target.is_none() => Err(Problem::new(
                ProblemKind::BadPatch,
                patch.trace.place,
                "a JSON patch needs a target",
            )
            .help("add `target` with kind and name")),
            _ => Ok(patch),
        }
    }

    /// Reads an entry of `patchesJson6902`.
    pub(super) fn json(entry: &file::Patch, loader: &mut Loader<'_>) -> Result<Self> {
        let fault = |message: &str| {
            Err(Problem::new(
                ProblemKind::BadPatch,
                entry.trace.place,
                message,
            ))
        };
        let Some(target) = entry
            .target
            .as_ref()
            .filter(|target| !target.name.is_empty())
        else {
            return fault("an entry of patchesJson6902 needs `target.name`");
        };
        let given = |text: &Option<Text>| text.as_ref().is_some_and(|text| !text.text.is_empty());
        match (given(&entry.path), given(&entry.inline)) {
            (false, false) => return fault("a patch needs `path` or `patch`"),
            (true, true) => return fault("a patch has either `path` or `patch`, not both"),
            _ => {}
        }
        let source = source(
            entry,
            entry.path.as_ref(),
            entry.inline.as_ref().filter(|text| !text.text.is_empty()),
            loader,
        )?;
        let Some(operations) = operations(&source)?.filter(|list| !list.is_empty()) else {
            return fault("a JSON patch is a list of operations");
        };
        Ok(Self {
            content: Content::Json(operations),
            target: Some(Selector::new(target)?),
            target_place: Some(target.trace.clone()),
            allow_name: false,
            allow_kind: false,
            remembers: false,
            trace: entry.trace.clone(),
        })
    }

    /// Reads an entry of `patchesStrategicMerge`: a path or a text.
    pub(super) fn strategic(entry: &Text, loader: &mut Loader<'_>) -> Result<Self> {
        let inner = &Loader {
            what: What::Patch,
            inputs: &mut BTreeSet::new(),
            ..*loader
        };
        let inline = entry.text.contains('\n') || entry.text.contains(": ");
        let objects = match inner.inline_resources(entry) {
            Ok(objects) if inline => objects,
            Err(problem) if inline => return Err(problem),
            _ => Loader {
                what: What::Patch,
                inputs: loader.inputs,
                ..*loader
            }
            .resources(&entry.text, &entry.trace)?,
        };
        Ok(Self::merging(objects, &entry.trace))
    }

    /// Reads strategic merge patches of a text.
    pub(super) fn strategic_text(text: &Text, loader: &Loader<'_>) -> Result<Self> {
        let loader = &Loader {
            what: What::Patch,
            inputs: &mut BTreeSet::new(),
            ..*loader
        };
        Ok(Self::merging(loader.inline_resources(text)?, &text.trace))
    }

    fn merging(objects: Vec<Resource>, trace: &Trace) -> Self {
        Self {
            content: Content::Merge(objects),
            target: None,
            target_place: None,
            allow_name: false,
            allow_kind: false,
            remembers: true,
            trace: trace.clone(),
        }
    }
}

fn source<'t>(
    entry: &file::Patch,
    path: Option<&Text>,
    inline: Option<&'t Text>,
    loader: &mut Loader<'_>,
) -> Result<Source<'t>> {
    let fault = |message: &str| {
        Err(Problem::new(
            ProblemKind::BadPatch,
            entry.trace.place,
            message,
        ))
    };
    match (path, inline) {
        (None, None) => fault("a patch needs `path` or `patch`"),
        (Some(_), Some(_)) => fault("a patch has either `path` or `patch`, not both"),
        (Some(path), None) => {
            let (text, id) = loader.text(path.text.trim(), &path.trace)?;
            Ok(Source {
                text: text.to_string().into(),
                id,
                inline: None,
            })
        }
        (None, Some(text)) => {
            let trimmed = text.text.trim();
            let place = text.trace.place;
            let inline = Inline::new(trimmed, place.span, &loader.sources.text(place.source));
            Ok(Source {
                text: trimmed.into(),
                id: place.source,
                inline: Some(inline),
            })
        }
    }
}

impl Loader<'_> {
    fn objects_of(&self, source: &Source<'_>) -> Result<Vec<Resource>> {
        self.objects(&source.text, source.id, source.inline.as_ref())
    }
}

/// The operations of a JSON patch; `None` when it is none.
fn operations(source: &Source<'_>) -> Result<Option<Vec<Operation>>> {
    if source.text.starts_with('[')
        && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&source.text)
    {
        return Err(Problem::new(
            ProblemKind::BadPatch,
            place_of_source(source),
            format!("a patch that begins with `[` must be JSON: {error}"),
        )
        .help("write one operation a line, each after `- `"));
    }
    let nodes = Loader::documents(
        &source.text,
        source.id,
        source.inline.as_ref(),
        Reads::Kubernetes,
        What::Patch,
    );
    let Ok(nodes) = nodes else { return Ok(None) };
    Ok(nodes.first().map_or(Some(Vec::new()), Operation::list))
}

fn place_of_source(source: &Source<'_>) -> Place {
    let span = crate::yaml::Span { start: 0, end: 1 };
    Place {
        source: source.id,
        span: source
            .inline
            .as_ref()
            .map_or(span, |inline| inline.place(span)),
    }
}
