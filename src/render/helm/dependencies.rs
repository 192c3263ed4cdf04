//! Which of the charts in a chart are used, and under which names.

use std::rc::Rc;
use std::sync::Arc;

use super::chart::Chart;
use super::coalesce::{coalesce, copy, table, tables, wrap};
use super::decode;
use super::fault::Res;
use super::metadata::{Dependency, Import};
use super::methods;
use super::problem::Problem;
use super::semver::{Constraints, Version};
use super::track::Tracker;
use super::value::{Data, MapRef, Val, put};
use crate::render::What;

/// A chart in one rendering: its name there, its defaults and the charts it uses.
#[derive(Debug)]
pub(super) struct ChartNode {
    pub(super) chart: Arc<Chart>,
    /// The alias, or the chart's own name.
    pub(super) name: String,
    pub(super) values: MapRef,
    pub(super) charts: Vec<ChartNode>,
    /// The dependencies it names, those in use after [`choose`].
    pub(super) dependencies: Vec<Dependency>,
}

impl ChartNode {
    /// A chart with all charts in it.
    pub(super) fn new(chart: &Arc<Chart>, tracker: &mut Tracker) -> Result<Self, Problem> {
        let values = match &chart.values {
            None => table(),
            Some(file) => {
                let val = decode::file(tracker, file.source, What::Values, &file.text);
                let shown = format!("values.yaml of {}", chart.name());
                let val = val
                    .map_err(|bad| super::chart::bad_yaml(file, &shown, bad.span, &bad.message))?;
                match &val.data {
                    Data::Nil => table(),
                    Data::Map(map, _) => Rc::clone(map),
                    _ => {
                        let span = crate::yaml::Span::default();
                        return Err(super::chart::bad_yaml(
                            file,
                            &shown,
                            span,
                            "it is no mapping",
                        ));
                    }
                }
            }
        };
        let charts = chart
            .charts
            .iter()
            .map(|sub| Self::new(sub, tracker))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            chart: Arc::clone(chart),
            name: chart.name().to_owned(),
            values,
            charts,
            dependencies: chart.metadata.dependencies.clone(),
        })
    }

    /// A copy under another name.
    fn copy_as(&self, name: &str) -> Res<Self> {
        Ok(Self {
            chart: Arc::clone(&self.chart),
            name: name.to_owned(),
            values: copy(&self.values)?,
            charts: self
                .charts
                .iter()
                .map(|chart| chart.copy_as(&chart.name))
                .collect::<Res<_>>()?,
            dependencies: self.dependencies.clone(),
        })
    }
}

/// Whether a version fulfils a constraint; one that can't be read is never fulfilled.
pub(super) fn is_compatible(constraint: &str, version: &str) -> bool {
    let (Some(constraint), Some(version)) =
        (Constraints::parse(constraint), Version::parse(version))
    else {
        return false;
    };
    constraint.check(&version)
}

/// A dependency that is not in `charts/`.
#[derive(Debug, Clone)]
pub(super) struct Absent {
    pub(super) dependency: Dependency,
    pub(super) enabled: bool,
}

/// Leaves the charts that conditions and tags enable, under their aliases. Gives the dependencies
/// that are named and not there.
pub(super) fn choose(
    node: &mut ChartNode,
    values: &MapRef,
    path: &str,
    absent: &mut Vec<Absent>,
) -> Res<()> {
    if node.dependencies.is_empty() && node.charts.is_empty() {
        return Ok(());
    }
    if !node.chart.metadata.dependencies.is_empty() {
        alias(node)?;
    }
    let coalesced = coalesce(node, values, false)?;
    if !node.chart.metadata.dependencies.is_empty() {
        let root = wrap(&coalesced);
        let (on, off): (Vec<Dependency>, Vec<Dependency>) = std::mem::take(&mut node.dependencies)
            .into_iter()
            .partition(|dependency| is_enabled(dependency, &root, path));
        let present = |dependency: &Dependency, node: &ChartNode| {
            let mut charts = node.chart.charts.iter();
            charts.any(|chart| chart.name() == dependency.name)
        };
        for (list, enabled) in [(&on, true), (&off, false)] {
            for dependency in list {
                if !present(dependency, node) {
                    absent.push(Absent {
                        dependency: dependency.clone(),
                        enabled,
                    });
                }
            }
        }
        node.charts
            .retain(|chart| off.iter().all(|off| off.used_name() != chart.name));
        node.dependencies = on;
    }
    for sub in &mut node.charts {
        let path = format!("{path}{}.", sub.name);
        // Conditions of charts in charts are asked of the root's values.
        choose(sub, &coalesced, &path, absent)?;
    }
    Ok(())
}

/// The charts that no dependency names, then one for each dependency.
fn alias(node: &mut ChartNode) -> Res<()> {
    let all = std::mem::take(&mut node.charts);
    let fits = |chart: &ChartNode, dependency: &Dependency| {
        chart.name == dependency.name
            && is_compatible(&dependency.version, &chart.chart.metadata.version)
    };
    let mut used = Vec::new();
    for dependency in &node.dependencies {
        if let Some(chart) = all.iter().find(|chart| fits(chart, dependency)) {
            used.push(chart.copy_as(dependency.used_name())?);
        }
    }
    node.charts = all
        .into_iter()
        .filter(|chart| !node.dependencies.iter().any(|d| fits(chart, d)))
        .collect();
    node.charts.append(&mut used);
    Ok(())
}

fn is_enabled(dependency: &Dependency, values: &Val, path: &str) -> bool {
    let conditions = dependency.condition.trim().split(',');
    for condition in conditions.filter(|condition| !condition.is_empty()) {
        let value = methods::path_value(values, &format!("{path}{condition}"));
        if let Some(Data::Bool(flag)) = value.map(|value| value.data) {
            return flag;
        }
    }
    let Some(tags) = methods::table(values, "tags") else {
        return true;
    };
    let flags: Vec<bool> = dependency
        .tags
        .iter()
        .filter_map(|tag| match tags.get(tag)?.data {
            Data::Bool(flag) => Some(flag),
            _ => None,
        })
        .collect();
    flags.is_empty() || flags.contains(&true)
}

/// Brings the values that charts import from the charts in them into their defaults.
pub(super) fn import_values(node: &mut ChartNode) -> Res<()> {
    for sub in &mut node.charts {
        import_values(sub)?;
    }
    if node.dependencies.is_empty() {
        return Ok(());
    }
    let defaults = coalesce(node, &table(), true)?;
    let all = wrap(&defaults);
    let imported = table();
    for dependency in &node.dependencies {
        for import in &dependency.imports {
            let (child, parent) = match import {
                Import::Export(name) => (format!("exports.{name}"), "."),
                Import::Table { child, parent } => (child.clone(), parent.as_str()),
            };
            let path = format!("{}.{child}", dependency.used_name());
            let Some(found) = methods::table(&all, &path) else {
                continue;
            };
            let Some(found) = found.as_map() else {
                continue;
            };
            tables(&imported, &at_path(parent, &copy(found)?), true, 0)?;
        }
    }
    let values = copy(&defaults)?;
    tables(&values, &imported, true, 0)?;
    node.values = values;
    Ok(())
}

/// A table inside of others, under a path of names.
fn at_path(path: &str, inner: &MapRef) -> MapRef {
    if path == "." {
        return Rc::clone(inner);
    }
    let mut at = Rc::clone(inner);
    for name in path.split('.').rev() {
        let outer = table();
        put(&mut outer.borrow_mut(), name, wrap(&at));
        at = outer;
    }
    at
}
