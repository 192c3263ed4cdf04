//! What `meshlint.yaml` may hold: one table from which files are checked, the JSON schema is made,
//! and the reference in the documentation.

/// The shape of a value.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// The number 1.
    One,
    /// `true` or `false`.
    Bool,
    /// Text that is not empty.
    Text,
    /// The path of a file or folder, from the folder of the file that it stands in.
    Path,
    /// One of these words.
    Words(&'static [&'static str]),
    /// Text of this form; with the pattern for the schema, and what it is in words.
    Form(Form),
    /// A code, a name, a prefix of codes, or `ALL`.
    Rule,
    /// A list.
    List(&'static Shape),
    /// A list that is not empty.
    Some(&'static Shape),
    /// A path, or a list of paths.
    PathOrPaths,
    /// A path, or a mapping of any kind.
    PathOrObject,
    /// Text, a number, or a boolean.
    Scalar,
    /// A mapping with keys of this form.
    Map(Key, &'static Shape),
    /// A mapping with these fields.
    Record(&'static Record),
}

/// Text of a certain form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `1.27`.
    Version,
    /// `namespace/name`.
    Qualified,
    /// `Kind namespace/name`.
    Object,
}

impl Form {
    /// The form as a regular expression.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Version => r"^1\.[0-9]+$",
            Self::Qualified => "^[^/]+/[^/]+$",
            Self::Object => "^[^ ]+ [^ ]+$",
        }
    }

    /// What it is, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Version => "a version such as \"1.27\", in quotes",
            Self::Qualified => "namespace/name",
            Self::Object => "a kind and a name, such as VirtualService shop/*",
        }
    }

    /// Whether a text has the form.
    pub fn fits(self, text: &str) -> bool {
        match self {
            Self::Version => text.strip_prefix("1.").is_some_and(|minor| {
                !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())
            }),
            Self::Qualified => text.split_once('/').is_some_and(|(namespace, name)| {
                !namespace.is_empty() && !name.is_empty() && !name.contains('/')
            }),
            Self::Object => text.split_once(' ').is_some_and(|(kind, name)| {
                !kind.is_empty() && !name.is_empty() && !name.contains(' ')
            }),
        }
    }
}

/// The form of a mapping's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Any.
    Any,
    /// A code, a name, a prefix of codes, or `ALL`.
    Rule,
    /// The name of a world.
    World,
    /// `group/Kind`.
    Kind,
}

impl Key {
    /// The form as a regular expression; `None` for any text that is not empty.
    pub const fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Any | Self::Rule => None,
            Self::World => Some("^[A-Za-z0-9._/-]+$"),
            Self::Kind => Some("^[a-z0-9.-]+/[A-Za-z0-9]+$"),
        }
    }

    /// What it is, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Any => "text",
            Self::Rule => "a rule",
            Self::World => "a name of letters, digits, dots, slashes and dashes",
            Self::Kind => "group/Kind",
        }
    }

    /// Whether a key has the form.
    pub fn fits(self, text: &str) -> bool {
        let all = |text: &str, extra: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        };
        match self {
            Self::Any | Self::Rule => !text.is_empty(),
            Self::World => all(text, "._/-"),
            Self::Kind => text.split_once('/').is_some_and(|(group, kind)| {
                all(group, ".-")
                    && !group.contains(|c: char| c.is_ascii_uppercase())
                    && all(kind, "")
            }),
        }
    }
}

/// A mapping with known fields.
#[derive(Debug)]
pub struct Record {
    /// Its fields.
    pub fields: &'static [Field],
    /// Fields that must be there.
    pub required: &'static [&'static str],
    /// Groups of which one field at least must be there.
    pub one_of: &'static [&'static [&'static str]],
}

/// A field of a mapping.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// What it means, as a sentence.
    pub help: &'static str,
}

const fn field(name: &'static str, shape: Shape, help: &'static str) -> Field {
    Field { name, shape, help }
}

const TEXTS: Shape = Shape::List(&Shape::Text);
const PATHS: Shape = Shape::List(&Shape::Path);
const RULES: Shape = Shape::List(&Shape::Rule);
const QUALIFIED: Shape = Shape::List(&Shape::Form(Form::Qualified));
const SEVERITIES: Shape = Shape::Map(
    Key::Rule,
    &Shape::Words(&["error", "warning", "info", "off"]),
);

const EXTERNAL: Record = Record {
    fields: &[
        field("namespaces", TEXTS, "Namespaces."),
        field(
            "services",
            TEXTS,
            "Hosts by full name; `*.` stands for the first labels.",
        ),
        field(
            "service-accounts",
            QUALIFIED,
            "Service accounts, `namespace/name`.",
        ),
        field("gateways", QUALIFIED, "Gateways, `namespace/name`."),
        field("secrets", QUALIFIED, "Secrets, `namespace/name`."),
    ],
    required: &[],
    one_of: &[],
};

const WORLD: Record = Record {
    fields: &[
        field(
            "roots",
            Shape::Some(&Shape::Path),
            "What the cluster gets: files, folders, kustomizations, charts, objects of GitOps.",
        ),
        field("with", PATHS, "What is known there and not reported on."),
        field(
            "variables",
            Shape::Map(Key::Any, &Shape::Scalar),
            "Values of variables that Flux substitutes.",
        ),
        field("variables-from", PATHS, "Files with such values."),
        field("values", PATHS, "Files with values for charts."),
        field("namespace", Shape::Text, "As at the top, for this world."),
        field(
            "mesh-config",
            Shape::PathOrObject,
            "As at the top, for this world.",
        ),
        field(
            "istio-version",
            Shape::Form(Form::Version),
            "As at the top, for this world.",
        ),
        field(
            "external",
            Shape::Record(&EXTERNAL),
            "As at the top, for this world.",
        ),
        field(
            "closed-world",
            Shape::Bool,
            "As at the top, for this world.",
        ),
    ],
    required: &["roots"],
    one_of: &[],
};

/// The whole file.
pub const ROOT: Record = Record {
    fields: &[
        field("version", Shape::One, "The version of this form, 1."),
        field(
            "extends",
            Shape::PathOrPaths,
            "Files that this one goes on from. Mappings are merged by key, lists appended, all else replaced.",
        ),
        field(
            "exclude",
            TEXTS,
            "What is not read: patterns as in `.gitignore`, from the folder of this file.",
        ),
        field(
            "namespace",
            Shape::Text,
            "The namespace of objects that name none.",
        ),
        field(
            "mesh-config",
            Shape::PathOrObject,
            "The mesh config, in a file or in place.",
        ),
        field(
            "istio-version",
            Shape::Form(Form::Version),
            "The version of Istio that the manifests are for.",
        ),
        field(
            "profile",
            Shape::Words(&["default", "zero-trust"]),
            "Which rules are on: `zero-trust` turns the posture rules on.",
        ),
        field(
            "fail-on",
            Shape::Words(&["error", "warning", "info", "never"]),
            "The least severity that makes the exit status 1.",
        ),
        field(
            "closed-world",
            Shape::Bool,
            "What isn't in the input doesn't exist.",
        ),
        field(
            "rules",
            Shape::Record(&Record {
                fields: &[
                    field(
                        "select",
                        RULES,
                        "Only these rules: codes, names, prefixes, or `ALL`.",
                    ),
                    field("ignore", RULES, "All but these rules."),
                    field(
                        "severity",
                        SEVERITIES,
                        "Other severities, by rule; `off` ignores it.",
                    ),
                ],
                required: &[],
                one_of: &[],
            }),
            "Which rules run, and how much they matter.",
        ),
        field(
            "overrides",
            Shape::List(&Shape::Record(&Record {
                fields: &[
                    field(
                        "paths",
                        TEXTS,
                        "Globs of paths, from the folder of this file.",
                    ),
                    field(
                        "namespaces",
                        TEXTS,
                        "Namespaces; a star stands for any text.",
                    ),
                    field(
                        "objects",
                        Shape::List(&Shape::Form(Form::Object)),
                        "Objects, `Kind namespace/name`; a star stands for any text.",
                    ),
                    field(
                        "ignore",
                        RULES,
                        "Rules whose findings are not reported there.",
                    ),
                    field("severity", SEVERITIES, "Other severities there."),
                    field("reason", Shape::Text, "Why."),
                ],
                required: &[],
                one_of: &[&["paths", "namespaces", "objects"], &["ignore", "severity"]],
            })),
            "Rules for some files or objects: all kinds of target that are given must fit, of each any one. The last that fits counts.",
        ),
        field(
            "external",
            Shape::Record(&EXTERNAL),
            "What exists although no file says so.",
        ),
        field(
            "worlds",
            Shape::Map(Key::World, &Shape::Record(&WORLD)),
            "What each cluster gets, by name, where it can't be found.",
        ),
        field(
            "found-worlds",
            Shape::Bool,
            "Whether worlds that are found are judged beside those that are listed; without `worlds` they are.",
        ),
        field(
            "sources",
            Shape::Map(Key::Any, &Shape::Path),
            "Folders in which other repositories are checked out, by address.",
        ),
        field(
            "operators",
            Shape::Map(
                Key::Kind,
                &Shape::Record(&Record {
                    fields: &[
                        field(
                            "services",
                            TEXTS,
                            "Services; `{name}` is the object's name.",
                        ),
                        field("secrets", TEXTS, "Secrets."),
                        field("service-accounts", TEXTS, "Service accounts."),
                        field("workloads", TEXTS, "Workloads."),
                        field("only", Shape::Bool, "Whether it makes nothing else."),
                    ],
                    required: &[],
                    one_of: &[],
                }),
            ),
            "What an operator makes for an object, by `group/Kind`.",
        ),
        field(
            "baseline",
            Shape::Path,
            "A file of findings that are known, as `--baseline`.",
        ),
        field(
            "suppressions",
            Shape::Record(&Record {
                fields: &[
                    field(
                        "require-reason",
                        Shape::Bool,
                        "Comments and annotations must give a reason.",
                    ),
                    field(
                        "report-unused",
                        Shape::Bool,
                        "Comments that suppress nothing are reported; true if not given.",
                    ),
                ],
                required: &[],
                one_of: &[],
            }),
            "What is asked of comments that suppress findings.",
        ),
    ],
    required: &[],
    one_of: &[],
};
