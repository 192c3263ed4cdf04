//! Which files hold nothing to check, decided after parsing: plain YAML may hold `{{` in a block
//! of text, so the braces alone prove nothing.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::{InputFile, SkipReason, lexical};

/// What parsing made of a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Content<'a> {
    /// The documents that could be read.
    pub documents: &'a [Document<'a>],
    /// Whether some document could not be read.
    pub broken: bool,
    /// What the text itself tells.
    pub marks: Marks,
}

/// What a text tells of itself, noted while it is at hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// There is an action of Helm, or one of Ansible's or Jinja's statements.
    is_template: bool,
    /// A line begins with a key that objects have at their top.
    names_objects: bool,
    /// Fields are there that only a cluster sets.
    is_from_cluster: bool,
}

impl Marks {
    /// The marks of a text.
    pub fn of(text: &str) -> Self {
        Self {
            is_template: text.contains("{{") || text.contains("{%"),
            names_objects: names_objects(text),
            is_from_cluster: text.contains(" uid: ") && text.contains(" resourceVersion: "),
        }
    }

    /// Whether the objects were read from a cluster.
    pub const fn is_from_cluster(self) -> bool {
        self.is_from_cluster
    }
}

/// What there is to know of a document at its top level.
#[derive(Debug, Clone, Default)]
pub struct Document<'a> {
    /// `apiVersion`, if that is a scalar.
    pub api_version: Option<&'a str>,
    /// `kind`, if that is a scalar.
    pub kind: Option<&'a str>,
    /// Whether there is a key `metadata`.
    pub has_metadata: bool,
}

/// What the neighbours of a file say of it.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Folders with a `Chart.yaml`.
    charts: HashSet<PathBuf>,
    /// Files that kustomizations name as patches.
    patches: HashSet<PathBuf>,
}

impl Surroundings {
    /// Finds the Helm charts that the files belong to, also where `Chart.yaml` itself is not one
    /// of them.
    pub fn of<'f>(files: impl IntoIterator<Item = &'f InputFile>) -> Self {
        let mut known: HashMap<&Path, bool> = HashMap::new();
        for file in files {
            for folder in chart_candidates(file.location.as_deref()) {
                known
                    .entry(folder)
                    .or_insert_with(|| folder.join("Chart.yaml").is_file());
            }
        }
        Self {
            charts: known
                .into_iter()
                .filter(|(_, is_chart)| *is_chart)
                .map(|(folder, _)| folder.to_owned())
                .collect(),
            patches: HashSet::new(),
        }
    }

    /// Notes the files that a kustomization names as patches: the entries of
    /// `patchesStrategicMerge`, and `path` of the entries of `patches` and `patchesJson6902`. Text
    /// of more than one line is a patch itself, not the name of one.
    pub fn add_patches<'a>(
        &mut self,
        kustomization: &InputFile,
        named: impl IntoIterator<Item = &'a str>,
    ) {
        let Some(folder) = kustomization.location.as_deref().and_then(Path::parent) else {
            return;
        };
        let files = named
            .into_iter()
            .filter(|name| !name.is_empty() && !name.contains('\n'))
            .map(|name| lexical(&folder.join(name)));
        self.patches.extend(files);
    }

    fn is_patch(&self, file: &InputFile) -> bool {
        file.location
            .as_ref()
            .is_some_and(|location| self.patches.contains(location))
    }

    fn is_in_chart(&self, file: &InputFile) -> bool {
        chart_candidates(file.location.as_deref()).any(|folder| self.charts.contains(folder))
    }
}

/// Why the file holds nothing to check; `None` when it does, be it broken.
pub fn classify(
    file: &InputFile,
    content: Content<'_>,
    surroundings: &Surroundings,
) -> Option<SkipReason> {
    if is_kustomization(file, content) {
        return Some(SkipReason::Kustomization);
    }
    if surroundings.is_patch(file) {
        return Some(SkipReason::KustomizePatch);
    }
    if content.marks.is_template && (content.broken || surroundings.is_in_chart(file)) {
        return Some(SkipReason::HelmTemplate);
    }
    if content.documents.iter().any(is_object) {
        return None;
    }
    if is_chart_file(file.name()) {
        return Some(SkipReason::HelmChart);
    }
    if is_values_file(file.name()) {
        return Some(SkipReason::HelmValues);
    }
    if content.broken {
        let is_manifest = file.is_named || content.marks.names_objects;
        return (!is_manifest).then_some(SkipReason::Unparsed);
    }
    if content.documents.is_empty() {
        return Some(SkipReason::Empty);
    }
    Some(SkipReason::NoObjects)
}

/// Whether a text that may not be parsed was meant as an object: only its lines can tell.
fn names_objects(text: &str) -> bool {
    const KEYS: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];
    let is_json = text.trim_start().starts_with('{');
    text.lines().any(|line| {
        let line = if is_json {
            line.trim_start_matches([' ', '\t', '{', '"'])
        } else {
            line
        };
        KEYS.iter().any(|key| {
            let rest = line.strip_prefix(key);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        })
    })
}

/// Whether the file is a kustomization: by its name, or by what it says of itself. Flux has a
/// kind of the same name, which is an object like any other.
pub fn is_kustomization(file: &InputFile, content: Content<'_>) -> bool {
    const GROUP: &str = "kustomize.config.k8s.io/";
    let mut versions = content.documents.iter().map(|d| d.api_version);
    match file.name() {
        "kustomization.yaml" | "kustomization.yml" | "Kustomization" => {
            versions.all(|v| v.is_none_or(|v| v.starts_with(GROUP)))
        }
        _ => versions.any(|v| v.is_some_and(|v| v.starts_with(GROUP))),
    }
}

/// Whether a file has one of the names under which kustomize looks for its kustomization.
pub fn is_kustomization_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(
        name,
        "kustomization.yaml" | "kustomization.yml" | "Kustomization"
    )
}

/// Whether the document is an object, or was meant as one.
fn is_object(document: &Document<'_>) -> bool {
    match (document.api_version, document.kind) {
        (Some(_), Some(_)) => true,
        (Some(_), None) | (None, Some(_)) => document.has_metadata,
        (None, None) => false,
    }
}

fn is_chart_file(name: &str) -> bool {
    matches!(name, "Chart.yaml" | "Chart.yml" | "requirements.yaml")
}

/// `values.yaml`, `values-prod.yaml`, `prod.values.yaml`, `values.schema.json` and the like.
fn is_values_file(name: &str) -> bool {
    let Some((stem, _)) = name.rsplit_once('.') else {
        return false;
    };
    let mut words = stem.split(['-', '_', '.']);
    let first = words.next();
    first == Some("values") || words.next_back() == Some("values")
}

/// The folders that would be the chart of a template: those that hold a `templates` folder on the
/// way to the file.
fn chart_candidates(location: Option<&Path>) -> impl Iterator<Item = &Path> {
    location
        .into_iter()
        .flat_map(|path| path.ancestors().skip(1))
        .filter(|folder| folder.file_name().is_some_and(|name| name == "templates"))
        .filter_map(Path::parent)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(path: &str) -> InputFile {
        InputFile {
            path: path.into(),
            location: Some(PathBuf::from("/repo").join(path)),
            context: false,
            is_named: false,
        }
    }

    const OBJECT: Document<'static> = Document {
        api_version: Some("v1"),
        kind: Some("Service"),
        has_metadata: true,
    };
    const OTHER: Document<'static> = Document {
        api_version: None,
        kind: None,
        has_metadata: false,
    };

    fn of(path: &str, text: &str, documents: &[Document<'_>], broken: bool) -> Option<SkipReason> {
        let content = Content {
            documents,
            broken,
            marks: Marks::of(text),
        };
        classify(&file(path), content, &Surroundings::default())
    }

    #[test]
    fn objects_are_checked() {
        assert_eq!(of("a.yaml", "", &[OBJECT], false), None);
        assert_eq!(of("a.yaml", "", &[OTHER, OBJECT], false), None);
        assert_eq!(of("values.yaml", "", &[OBJECT], false), None);
        let no_kind = Document {
            kind: None,
            ..OBJECT
        };
        assert_eq!(of("a.yaml", "", &[no_kind], false), None);
    }

    #[test]
    fn braces_in_plain_yaml_make_no_template() {
        let text = "data:\n  rule: |\n    {{ $labels.pod }} is down\n";
        assert_eq!(of("a.yaml", text, &[OBJECT], false), None);
    }

    #[test]
    fn braces_that_break_the_yaml_make_a_template() {
        assert_eq!(
            of("a.yaml", "{{- if .Values.on }}\nkind: x", &[], true),
            Some(SkipReason::HelmTemplate)
        );
        assert_eq!(
            of("a.yaml", "{% if on %}\nkind: x", &[], true),
            Some(SkipReason::HelmTemplate)
        );
    }

    #[test]
    fn a_broken_manifest_is_checked_and_other_broken_text_is_not() {
        assert_eq!(of("a.yaml", "apiVersion: v1\n\tkind: x", &[], true), None);
        assert_eq!(
            of("mkdocs.yml", "a: [", &[], true),
            Some(SkipReason::Unparsed)
        );
        assert_eq!(of("a.yaml", "hosts: [a\nmetadata:\n", &[], true), None);
        assert_eq!(
            of("a.yaml", "hosts: [a\n  kind: b\nkinds: c\n", &[], true),
            Some(SkipReason::Unparsed)
        );
        assert_eq!(of("a.json", "{\n  \"kind\": \"x\",,\n", &[], true), None);
    }

    #[test]
    fn a_broken_file_that_the_user_names_is_checked() {
        let named = InputFile {
            is_named: true,
            ..file("mkdocs.yml")
        };
        let content = Content {
            broken: true,
            marks: Marks::of("a: ["),
            ..Content::default()
        };
        assert_eq!(classify(&named, content, &Surroundings::default()), None);
    }

    #[test]
    fn files_of_a_chart_are_told_by_name() {
        for (path, reason) in [
            ("chart/Chart.yaml", SkipReason::HelmChart),
            ("chart/values.yaml", SkipReason::HelmValues),
            ("chart/values-prod.yaml", SkipReason::HelmValues),
            ("env/prod.values.yaml", SkipReason::HelmValues),
            ("ci/test-values.yaml", SkipReason::HelmValues),
            ("chart/values.schema.json", SkipReason::HelmValues),
            ("evaluesx.yaml", SkipReason::NoObjects),
            ("mkdocs.yml", SkipReason::NoObjects),
        ] {
            assert_eq!(of(path, "a: b", &[OTHER], false), Some(reason), "{path}");
        }
        let chart = Document {
            api_version: Some("v2"),
            ..OTHER
        };
        assert_eq!(
            of("Chart.yaml", "", &[chart], false),
            Some(SkipReason::HelmChart)
        );
    }

    #[test]
    fn an_empty_file_is_no_problem() {
        assert_eq!(
            of("a.yaml", "# later\n", &[], false),
            Some(SkipReason::Empty)
        );
    }

    #[test]
    fn kustomizations_are_told_by_name_or_version() {
        let versioned = Document {
            api_version: Some("kustomize.config.k8s.io/v1beta1"),
            kind: Some("Component"),
            ..OTHER
        };
        let flux = Document {
            api_version: Some("kustomize.toolkit.fluxcd.io/v1"),
            kind: Some("Kustomization"),
            ..OTHER
        };
        for (path, document, expected) in [
            (
                "kustomization.yaml",
                &OTHER,
                Some(SkipReason::Kustomization),
            ),
            ("Kustomization", &versioned, Some(SkipReason::Kustomization)),
            (
                "component.yaml",
                &versioned,
                Some(SkipReason::Kustomization),
            ),
            ("kustomization.yaml", &flux, None),
            ("apps.yaml", &flux, None),
        ] {
            let documents = std::slice::from_ref(document);
            assert_eq!(of(path, "", documents, false), expected, "{path}");
        }
    }

    #[test]
    fn files_that_a_kustomization_names_are_patches() {
        let mut surroundings = Surroundings::default();
        surroundings.add_patches(
            &file("overlays/prod/kustomization.yaml"),
            [
                "replicas.yaml",
                "./more/../limits.yaml",
                "../shared/mtls.yaml",
                "kind: Deployment\nmetadata: {}",
            ],
        );
        for (path, expected) in [
            (
                "overlays/prod/replicas.yaml",
                Some(SkipReason::KustomizePatch),
            ),
            (
                "overlays/prod/limits.yaml",
                Some(SkipReason::KustomizePatch),
            ),
            (
                "overlays/shared/mtls.yaml",
                Some(SkipReason::KustomizePatch),
            ),
            ("overlays/dev/replicas.yaml", None),
        ] {
            let content = Content {
                documents: &[OBJECT],
                ..Content::default()
            };
            let reason = classify(&file(path), content, &surroundings);
            assert_eq!(reason, expected, "{path}");
        }
    }

    #[test]
    fn templates_beside_a_chart_are_templates_only_with_braces() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("chart/templates/sub");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(root.path().join("chart/Chart.yaml"), "name: x").unwrap();
        let file = |folder: &Path| InputFile {
            path: "a.yaml".into(),
            location: Some(folder.join("a.yaml")),
            context: false,
            is_named: false,
        };
        let inside = file(&folder);
        let outside = file(&root.path().join("templates"));
        let surroundings = Surroundings::of([&inside, &outside]);
        for (file, text, expected) in [
            (
                &inside,
                "a: '{{ .Values.a }}'",
                Some(SkipReason::HelmTemplate),
            ),
            (&inside, "a: b", None),
            (&outside, "a: '{{ .Values.a }}'", None),
        ] {
            let content = Content {
                documents: &[OBJECT],
                marks: Marks::of(text),
                ..Content::default()
            };
            assert_eq!(classify(file, content, &surroundings), expected, "{text}");
        }
    }
}
