//! TOML, read with a crate and written as `BurntSushi`'s library does.

use super::engine::Engine;
use super::fault::{Fault, Res};
use super::floats::float_g;
use super::objects::Object;
use super::text::{OriginId, Text};
use super::track::Tracker;
use super::value::{DEEPEST, Data, Map, Val, put};

/// Reads a TOML text.
pub(super) fn parse(tracker: &mut Tracker, text: &Text) -> Result<Val, String> {
    let origin = tracker.of_text(text);
    let source = text.lossy();
    match source.parse::<::toml::Table>() {
        Ok(table) => Ok(from_table(&table, origin)),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let before = source.get(..at).unwrap_or_default();
            let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
            let line_text = source.lines().nth(line - 1).unwrap_or_default();
            let last_key = line_text
                .split_once('=')
                .map(|(key, rest)| (key.trim(), rest.trim()));
            Err(match last_key {
                // What is missing, in the words of the library that Helm reads TOML with.
                Some((key, "")) if source.trim_end().ends_with(line_text.trim_end()) => {
                    format!("toml: line {line} (last key {key:?}): unexpected EOF; expected value")
                }
                Some((key, _)) => {
                    format!("toml: line {line} (last key {key:?}): {}", error.message())
                }
                None => format!("toml: line {line}: {}", error.message()),
            })
        }
    }
}

fn from_table(table: &::toml::Table, origin: OriginId) -> Val {
    let mut map = Map::new();
    for (name, value) in table {
        put(&mut map, name, from_value(value, origin));
    }
    Val::map(map)
}

fn from_value(value: &::toml::Value, origin: OriginId) -> Val {
    match value {
        ::toml::Value::String(text) => text.as_str().into(),
        ::toml::Value::Integer(int) => Val::int64(*int).with_origin(origin),
        ::toml::Value::Float(float) => Val::from(*float).with_origin(origin),
        ::toml::Value::Boolean(flag) => Val::from(*flag).with_origin(origin),
        ::toml::Value::Datetime(time) => {
            let text = time.to_string();
            let layouts = [
                "2006-01-02T15:04:05Z07:00",
                "2006-01-02T15:04:05",
                "2006-01-02",
            ];
            let parsed = layouts
                .iter()
                .find_map(|layout| super::dates::Time::parse(layout, &text));
            match parsed {
                Some(time) => Val::object(Object::Time(time)),
                None => text.into(),
            }
        }
        ::toml::Value::Array(items) => {
            let items = items.iter().map(|item| from_value(item, origin));
            Val::list(items.collect()).unwrap_or_else(|_| Val::nil())
        }
        ::toml::Value::Table(table) => from_table(table, origin),
    }
}

/// Writes a value as TOML.
pub(super) fn write(engine: &mut Engine, val: &Val) -> Res<String> {
    let mut out = String::new();
    match &val.data {
        Data::Map(..) => table(engine, &mut out, val, &mut Vec::new(), 0)?,
        _ => return Ok("toml: top-level values must be Go maps or structs".to_owned()),
    }
    engine.charge(out.len())?;
    Ok(out)
}

fn entries(val: &Val) -> Vec<(String, Val)> {
    let Some(map) = val.as_map() else {
        return Vec::new();
    };
    map.borrow()
        .iter()
        .map(|(key, entry)| (String::from_utf8_lossy(key).into_owned(), entry.val.clone()))
        .collect()
}

/// Whether a value is written as a table, or a list of tables.
fn is_table(val: &Val) -> bool {
    match &val.data {
        Data::Map(..) => true,
        Data::List(list) => {
            !list.items.is_empty() && list.items.iter().all(|item| item.as_map().is_some())
        }
        _ => false,
    }
}

fn table(
    engine: &mut Engine,
    out: &mut String,
    val: &Val,
    path: &mut Vec<String>,
    depth: usize,
) -> Res<()> {
    if depth > DEEPEST {
        return Err(Fault::limit("values nest too deeply"));
    }
    engine.check_size(out.len())?;
    let indent = "  ".repeat(path.len());
    let all = entries(val);
    for (name, value) in all.iter().filter(|(_, value)| !is_table(value)) {
        if value.is_nil() {
            continue;
        }
        engine.charge(1)?;
        out.push_str(&indent);
        out.push_str(&key(name));
        out.push_str(" = ");
        inline(out, value, depth)?;
        out.push('\n');
    }
    for (name, value) in all.iter().filter(|(_, value)| is_table(value)) {
        path.push(key(name));
        let joined = path.join(".");
        let indent = "  ".repeat(path.len() - 1);
        if let Data::List(list) = &value.data {
            for item in &list.items {
                if !out.is_empty() {
                    out.push('\n');
                }
                out.push_str(&format!("{indent}[[{joined}]]\n"));
                table(engine, out, item, path, depth + 1)?;
            }
        } else {
            // Only tables of the first level stand apart.
            if !out.is_empty() && path.len() == 1 {
                out.push('\n');
            }
            out.push_str(&format!("{indent}[{joined}]\n"));
            table(engine, out, value, path, depth + 1)?;
        }
        path.pop();
    }
    Ok(())
}

fn key(name: &str) -> String {
    let bare = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare {
        return name.to_owned();
    }
    quoted(name)
}

fn quoted(text: &str) -> String {
    let bytes = super::strconv::quote(text.as_bytes(), b'"');
    String::from_utf8_lossy(&bytes).into_owned()
}

fn inline(out: &mut String, val: &Val, depth: usize) -> Res<()> {
    if depth > DEEPEST {
        return Err(Fault::limit("values nest too deeply"));
    }
    match &val.data {
        Data::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Data::Int(int, _) => out.push_str(&int.to_string()),
        Data::Float(float) => {
            let text = float_g(*float);
            out.push_str(&text);
            if !text.contains(['.', 'e', 'n', 'I']) {
                out.push_str(".0");
            }
        }
        Data::Str(text) => out.push_str(&quoted(&text.lossy())),
        Data::List(list) => {
            out.push('[');
            for (index, item) in list.items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                inline(out, item, depth + 1)?;
            }
            out.push(']');
        }
        Data::Map(..) => {
            out.push('{');
            for (index, (name, value)) in entries(val).iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                out.push_str(&key(name));
                out.push_str(" = ");
                inline(out, value, depth + 1)?;
            }
            out.push('}');
        }
        Data::Object(object) => match &**object {
            Object::Time(time) => out.push_str(&time.format("2006-01-02T15:04:05Z07:00")),
            _ => out.push_str("\"\""),
        },
        Data::Nil | Data::Bytes(_) => out.push_str("\"\""),
    }
    Ok(())
}
