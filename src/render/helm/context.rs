//! What templates see of a chart: `.Chart`, `.Files`, `.Release`.

use std::rc::Rc;

use super::chart::{Chart, DataFile};
use super::decode;
use super::dependencies::ChartNode;
use super::engine::Engine;
use super::fault::Res;
use super::metadata::short_float;
use super::objects::{Field, Object, Struct};
use super::options::Options;
use super::text::{LITERAL, Piece, Text};
use super::value::{Data, ListKind, Map, MapKind, Val, put};
use crate::render::{Place, What};
use crate::yaml::Span;

/// `.Release`.
pub(super) fn release_map(engine: &mut Engine, options: &Options) -> Map {
    let mut map = Map::new();
    let mut named = |name: &str, text: &str, place: Option<(Place, What)>| {
        let text = match place {
            Some((place, what)) => {
                let origin = engine.tracker.node(place, what, Some(text));
                Text::of(text.as_bytes(), Piece::exact(origin))
            }
            None => Text::plain(text),
        };
        put(&mut map, name, text);
    };
    named("Name", &options.release_name, options.release_place);
    named("Namespace", &options.namespace, options.namespace_place);
    put(&mut map, "IsInstall", true);
    put(&mut map, "IsUpgrade", false);
    put(&mut map, "Revision", Val::int(1));
    put(&mut map, "Service", "Helm");
    map
}

/// A file as a text whose every part knows where it stands.
pub(super) fn file_text(engine: &mut Engine, file: &DataFile, what: What) -> Text {
    let place = Place {
        source: file.source,
        span: Span {
            start: 0,
            end: super::text::offset(file.bytes.len()),
        },
    };
    let origin = engine.tracker.node(place, what, None);
    let piece = Piece {
        origin,
        flags: LITERAL,
        ..Piece::PLAIN
    };
    Text::of(&*file.bytes, piece)
}

/// `.Files`.
pub(super) fn files_object(engine: &mut Engine, chart: &Chart) -> Val {
    let files = chart
        .files
        .iter()
        .map(|file| (file.path.clone(), file_text(engine, file, What::Chart)));
    Val::object(Object::Files(Rc::new(files.collect())))
}

/// A value as a string field of the metadata takes it.
fn as_string(val: &Val) -> Val {
    match &val.data {
        Data::Str(_) => val.clone(),
        Data::Bool(flag) => Val::from(flag.to_string()),
        #[expect(clippy::cast_possible_truncation, reason = "Helm goes through 32 bits")]
        Data::Float(float) => match super::strconv::whole(*float) {
            Some(int) => computed(int.to_string(), val),
            None => computed(short_float(*float as f32), val),
        },
        _ => "".into(),
    }
}

fn computed(text: String, from: &Val) -> Val {
    let piece = Piece {
        origin: from.origin,
        ..Piece::PLAIN
    };
    Text::of(text.into_bytes(), piece).into()
}

fn list_or_nil(items: Vec<Val>) -> Res<Val> {
    if items.is_empty() {
        return Ok(Val::nil_list(ListKind::Any));
    }
    Val::list(items)
}

/// `.Chart`.
pub(super) fn chart_object(engine: &mut Engine, node: &ChartNode, is_root: bool) -> Res<Val> {
    let file = &node.chart.metadata_file;
    let decoded = decode::file(&mut engine.tracker, file.source, What::Chart, &file.text);
    let root = decoded.unwrap_or_else(|_| Val::nil());
    let metadata = &node.chart.metadata;
    let get = |key: &str| root.get(key).unwrap_or_else(Val::nil);
    let string = |key: &str| as_string(&get(key));
    let strings = |val: &Val| -> Val {
        match val.as_items() {
            Some(items) => {
                let texts = items.iter().map(as_string);
                Val::strings(texts.filter_map(|val| val.as_str().cloned()))
            }
            None => Val::nil_list(ListKind::Str),
        }
    };
    let field = |name: &'static str, json: &'static str, val: Val| Field {
        name,
        json,
        omit_empty: true,
        val,
    };
    let mut maintainers = Vec::new();
    for maintainer in get("maintainers").as_items().unwrap_or_default() {
        let part = |key: &str| as_string(&maintainer.get(key).unwrap_or_else(Val::nil));
        maintainers.push(Val::object(Object::Struct(Struct {
            type_name: "*chart.Maintainer",
            fields: vec![
                field("Name", "name", part("name")),
                field("Email", "email", part("email")),
                field("URL", "url", part("url")),
            ],
            shown: None,
        })));
    }
    let mut dependencies = Vec::new();
    for dependency in &node.dependencies {
        let text = |text: &str| Val::from(text);
        dependencies.push(Val::object(Object::Struct(Struct {
            type_name: "*chart.Dependency",
            fields: vec![
                Field {
                    omit_empty: false,
                    ..field("Name", "name", text(dependency.used_name()))
                },
                field("Version", "version", text(&dependency.version)),
                Field {
                    omit_empty: false,
                    ..field("Repository", "repository", text(&dependency.repository))
                },
                field("Condition", "condition", text(&dependency.condition)),
                field(
                    "Tags",
                    "tags",
                    Val::strings(dependency.tags.iter().map(Text::plain)),
                ),
                field("Enabled", "enabled", true.into()),
                field("Alias", "alias", text(&dependency.alias)),
            ],
            shown: None,
        })));
    }
    let mut annotations = Map::new();
    if let Some(map) = get("annotations").as_map() {
        for (key, entry) in &*map.borrow() {
            let mut entry = entry.clone();
            entry.val = as_string(&entry.val);
            annotations.insert(Rc::clone(key), entry);
        }
    }
    let kind = if get("annotations").as_map().is_some() {
        MapKind::Str
    } else {
        MapKind::NilStr
    };
    let annotations = Data::Map(Rc::new(annotations.into()), kind);
    let name = if node.name == metadata.name {
        string("name")
    } else {
        node.name.as_str().into()
    };
    let api_version = if get("apiVersion").is_nil() {
        metadata.api_version.as_str().into()
    } else {
        string("apiVersion")
    };
    let deprecated = matches!(get("deprecated").data, Data::Bool(true));
    let fields = vec![
        field("Name", "name", name),
        field("Home", "home", string("home")),
        field("Sources", "sources", strings(&get("sources"))),
        field("Version", "version", string("version")),
        field("Description", "description", string("description")),
        field("Keywords", "keywords", strings(&get("keywords"))),
        field("Maintainers", "maintainers", list_or_nil(maintainers)?),
        field("Icon", "icon", string("icon")),
        field("APIVersion", "apiVersion", api_version),
        field("Condition", "condition", string("condition")),
        field("Tags", "tags", string("tags")),
        field("AppVersion", "appVersion", string("appVersion")),
        field("Deprecated", "deprecated", deprecated.into()),
        field("Annotations", "annotations", annotations.into()),
        field("KubeVersion", "kubeVersion", string("kubeVersion")),
        field("Dependencies", "dependencies", list_or_nil(dependencies)?),
        field("Type", "type", string("type")),
        Field {
            omit_empty: false,
            ..field("IsRoot", "IsRoot", is_root.into())
        },
    ];
    Ok(Val::object(Object::Struct(Struct {
        type_name: "struct { chart.Metadata; IsRoot bool }",
        fields,
        shown: None,
    })))
}
