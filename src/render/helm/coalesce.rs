//! Merging of values: defaults of charts below what their parents and users say.

use std::rc::Rc;

use super::dependencies::ChartNode;
use super::fault::{Fault, Res};
use super::text::OriginId;
use super::value::{DEEPEST, Data, Entry, Key, Map, MapKind, MapRef, Val, key};

const GLOBAL: &str = "global";

/// An empty table.
pub(super) fn table() -> MapRef {
    MapRef::new(Map::new().into())
}

/// A copy of a table.
pub(super) fn copy(map: &MapRef) -> Res<MapRef> {
    let copied = wrap(map).deep_copy()?;
    Ok(copied.as_map().map_or_else(table, Rc::clone))
}

/// A table as a value.
pub(super) fn wrap(map: &MapRef) -> Val {
    Data::Map(Rc::clone(map), MapKind::Any).into()
}

fn entries(map: &MapRef) -> Vec<(Key, Entry)> {
    let map = map.borrow();
    map.iter()
        .map(|(key, entry)| (Rc::clone(key), entry.clone()))
        .collect()
}

fn get(map: &MapRef, name: &[u8]) -> Option<Val> {
    map.borrow().get(name).map(|entry| entry.val.clone())
}

fn insert(map: &MapRef, name: &str, val: Val) {
    let entry = Entry {
        key: OriginId::NONE,
        val,
    };
    map.borrow_mut().insert(key(name), entry);
}

/// What users say over the defaults of a chart and of the charts in it. `merge` keeps nulls,
/// which otherwise delete what is below them.
pub(super) fn coalesce(chart: &ChartNode, given: &MapRef, merge: bool) -> Res<MapRef> {
    let values = copy(given)?;
    into(chart, &values, merge)?;
    Ok(values)
}

fn into(chart: &ChartNode, values: &MapRef, merge: bool) -> Res<()> {
    defaults(chart, values, merge)?;
    for sub in &chart.charts {
        let inner = if let Some(val) = get(values, sub.name.as_bytes()) {
            if let Some(map) = val.as_map() {
                Rc::clone(map)
            } else {
                let mut fault = Fault::error(format!(
                    "the values of the chart {} are {}; they must be a table",
                    sub.name,
                    val.type_name()
                ));
                fault.inputs.push(match &val.data {
                    Data::Str(text) => text.single().map(|piece| piece.origin).unwrap_or_default(),
                    _ => val.origin,
                });
                return Err(fault);
            }
        } else {
            let new = table();
            insert(values, &sub.name, wrap(&new));
            new
        };
        globals(&inner, values)?;
        into(sub, &inner, merge)?;
    }
    Ok(())
}

/// Brings the globals of a parent into the values of a chart in it; the parent's win.
fn globals(inner: &MapRef, outer: &MapRef) -> Res<()> {
    let target = match get(inner, GLOBAL.as_bytes()) {
        Some(val) => match val.as_map() {
            Some(map) => Rc::clone(map),
            None => return Ok(()),
        },
        None => table(),
    };
    let source = match get(outer, GLOBAL.as_bytes()) {
        Some(val) => match val.as_map() {
            Some(map) => Rc::clone(map),
            None => return Ok(()),
        },
        None => table(),
    };
    for (name, entry) in entries(&source) {
        let there = get(&target, &name);
        if let Some(from) = entry.val.as_map() {
            let mut val = entry.val.clone();
            let copied = copy(from)?;
            val.data = Data::Map(Rc::clone(&copied), MapKind::Any);
            match there {
                None => {}
                Some(there) => match there.as_map() {
                    None => continue,
                    Some(below) => tables(&copied, below, true, 0)?,
                },
            }
            let key = entry.key;
            target.borrow_mut().insert(name, Entry { key, val });
        } else if there.is_some_and(|there| there.as_map().is_some()) {
            // A table stays where the parent has a scalar.
        } else {
            target.borrow_mut().insert(name, entry);
        }
    }
    insert(inner, GLOBAL, wrap(&target));
    Ok(())
}

/// Puts the defaults of a chart below its values.
fn defaults(chart: &ChartNode, values: &MapRef, merge: bool) -> Res<()> {
    for (name, below) in entries(&copy(&chart.values)?) {
        match get(values, &name) {
            None => {
                values.borrow_mut().insert(name, below);
            }
            Some(val) if val.is_nil() => {
                if !merge && !below.val.is_nil() {
                    values.borrow_mut().remove(&name);
                }
            }
            Some(val) => {
                if let (Some(over), Some(under)) = (val.as_map(), below.val.as_map()) {
                    // Nulls for a chart in this one must reach that chart.
                    let is_chart = chart.charts.iter().any(|sub| sub.name.as_bytes() == &*name);
                    tables(over, under, merge || is_chart, 0)?;
                }
            }
        }
    }
    Ok(())
}

/// Puts one table below another.
pub(super) fn tables(over: &MapRef, under: &MapRef, merge: bool, depth: usize) -> Res<()> {
    if depth > DEEPEST {
        return Err(Fault::limit("values nest too deeply"));
    }
    if Rc::ptr_eq(over, under) {
        return Ok(());
    }
    for (name, below) in entries(under) {
        match get(over, &name) {
            None => {
                over.borrow_mut().insert(name, below);
            }
            Some(val) if val.is_nil() => {
                if !merge && !below.val.is_nil() {
                    over.borrow_mut().remove(&name);
                }
            }
            Some(val) => {
                if let (Some(over), Some(under)) = (val.as_map(), below.val.as_map()) {
                    tables(over, under, merge, depth + 1)?;
                }
            }
        }
    }
    Ok(())
}

/// Merges one values file over those before it: tables deep, all else replaces.
pub(super) fn overlay(into: &MapRef, from: &MapRef, depth: usize) -> Res<()> {
    if depth > DEEPEST {
        return Err(Fault::limit("values nest too deeply"));
    }
    for (name, entry) in entries(from) {
        let there = get(into, &name);
        match (there.as_ref().and_then(Val::as_map), entry.val.as_map()) {
            (Some(old), Some(new)) => {
                overlay(old, new, depth + 1)?;
                // The table counts as written where it was written last.
                let mut val = entry.val.clone();
                val.data = Data::Map(Rc::clone(old), MapKind::Any);
                let key = entry.key;
                into.borrow_mut().insert(name, Entry { key, val });
            }
            _ => {
                into.borrow_mut().insert(name, entry);
            }
        }
    }
    Ok(())
}
