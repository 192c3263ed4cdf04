//! YAML, JSON and TOML.

use super::super::engine::Engine;
use super::super::fault::{Fault, Res};
use super::super::value::{Data, Map, Val, put};
use super::super::{decode, json, toml, yaml_out};
use super::{Function, keep, new, text, val};

pub(super) static TABLE: [Function; 16] = [
    keep("toYaml", "a", |engine, args| {
        Ok(yaml_out::write(engine, &val(args, 0), false)?.into())
    }),
    keep("mustToYaml", "a", |engine, args| {
        Ok(yaml_out::write(engine, &val(args, 0), false)?.into())
    }),
    keep("toYamlPretty", "a", |engine, args| {
        Ok(yaml_out::write(engine, &val(args, 0), true)?.into())
    }),
    keep("fromYaml", "s", |engine, args| {
        let source = text(args, 0);
        engine.charge(source.len())?;
        Ok(match decode::yaml(&mut engine.tracker, &source) {
            Ok(value) if value.is_nil() => Val::map(Map::new()),
            Ok(value) if value.as_map().is_some() => value,
            Ok(value) => error_map(unmarshal(&value, "map[string]interface {}")),
            Err(message) => error_map(message),
        })
    }),
    keep("fromYamlArray", "s", |engine, args| {
        let source = text(args, 0);
        engine.charge(source.len())?;
        match decode::yaml(&mut engine.tracker, &source) {
            Ok(value) if value.is_nil() => Val::list(Vec::new()),
            Ok(value) if value.as_items().is_some() => Ok(value),
            Ok(value) => error_list(unmarshal(&value, "[]interface {}")),
            Err(message) => error_list(message),
        }
    }),
    keep("toJson", "a", |engine, args| {
        Ok(json::write(engine, &val(args, 0), true)?.into())
    }),
    keep("mustToJson", "a", |engine, args| {
        Ok(json::write(engine, &val(args, 0), true)?.into())
    }),
    keep("toRawJson", "a", |engine, args| {
        Ok(json::write(engine, &val(args, 0), false)?.into())
    }),
    keep("mustToRawJson", "a", |engine, args| {
        Ok(json::write(engine, &val(args, 0), false)?.into())
    }),
    keep("mustToPrettyJson", "a", pretty_json),
    keep("fromJson", "s", |engine, args| {
        let source = text(args, 0);
        engine.charge(source.len())?;
        Ok(match json::parse(&mut engine.tracker, &source) {
            Ok(value) if value.as_map().is_some() => value,
            Ok(value) if value.is_nil() => Val::map(Map::new()),
            Ok(value) => error_map(unmarshal_json(&value, "map[string]interface {}")),
            Err(message) => error_map(message),
        })
    }),
    keep("fromJsonArray", "s", |engine, args| {
        let source = text(args, 0);
        engine.charge(source.len())?;
        match json::parse(&mut engine.tracker, &source) {
            Ok(value) if value.as_items().is_some() => Ok(value),
            Ok(value) if value.is_nil() => Val::list(Vec::new()),
            Ok(value) => error_list(unmarshal_json(&value, "[]interface {}")),
            Err(message) => error_list(message),
        }
    }),
    keep("mustFromJson", "s", |engine, args| {
        let source = text(args, 0);
        engine.charge(source.len())?;
        json::parse(&mut engine.tracker, &source).map_err(Fault::error)
    }),
    new("toToml", "a", |engine, args| {
        Ok(toml::write(engine, &val(args, 0))?.into())
    }),
    new("mustToToml", "a", |engine, args| {
        Ok(toml::write(engine, &val(args, 0))?.into())
    }),
    keep("fromToml", "s", |engine, args| {
        let source = text(args, 0);
        engine.charge(source.len())?;
        Ok(match toml::parse(&mut engine.tracker, &source) {
            Ok(value) => value,
            Err(message) => error_map(message),
        })
    }),
];

pub(super) fn pretty_json(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    Ok(json::write_pretty(engine, &val(args, 0))?.into())
}

fn error_map(message: String) -> Val {
    let mut map = Map::new();
    put(&mut map, "Error", message);
    Val::map(map)
}

fn error_list(message: String) -> Res<Val> {
    Val::list(vec![message.into()])
}

fn unmarshal_json(value: &Val, into: &str) -> String {
    let found = match &value.data {
        Data::Bool(_) => "bool",
        Data::Int(..) | Data::Float(_) => "number",
        Data::Str(_) => "string",
        Data::List(_) => "array",
        _ => "object",
    };
    format!("json: cannot unmarshal {found} into Go value of type {into}")
}

fn unmarshal(value: &Val, into: &str) -> String {
    format!(
        "error unmarshaling JSON: while decoding JSON: {}",
        unmarshal_json(value, into)
    )
}
