//! Values from users, laid over each other.

use super::coalesce::{overlay, table};
use super::decode;
use super::options::{Layer, Options};
use super::problem::{Problem, ProblemKind};
use super::release::Stop;
use super::set;
use super::track::Tracker;
use super::value::{Data, MapRef, Val};
use crate::render::{Place, SourceId, Sources, What};
use crate::yaml::Span;

/// What users say: files in their order, then what was set.
pub(super) fn given(
    sources: &Sources,
    options: &Options,
    tracker: &mut Tracker,
) -> Result<MapRef, Stop> {
    let values = table();
    for layer in &options.values {
        match layer {
            Layer::File(path) => {
                let Some(source) = sources.open(path) else {
                    let message = format!("there is no values file at {path:?}");
                    return Err(Problem::new(ProblemKind::Values, message).into());
                };
                layer_text(sources, tracker, source, path, &values)?;
            }
            Layer::Source(source) => {
                let path = sources.path(*source);
                layer_text(sources, tracker, *source, &path, &values)?;
            }
            Layer::Tree(node) => {
                let val = decode::tree(tracker, node)?;
                over(&values, &val, "the values", node.trace.place)?;
            }
            Layer::Set {
                expression,
                place,
                strings,
            } => {
                let shown = sources.add("--set", expression);
                let at = match place {
                    Some((place, what)) => set::At::Elsewhere(*place, *what),
                    None => set::At::Expression(shown),
                };
                set::apply(tracker, expression, at, *strings, &values).map_err(
                    |(span, message)| {
                        let message = format!("{expression:?} can't be set: {message}");
                        let place = place.map_or(
                            Place {
                                source: shown,
                                span,
                            },
                            |(place, _)| place,
                        );
                        Problem::new(ProblemKind::Values, message).at(place)
                    },
                )?;
            }
        }
    }
    Ok(values)
}

/// Lays the values of a text over those before it.
fn layer_text(
    sources: &Sources,
    tracker: &mut Tracker,
    source: SourceId,
    shown: &str,
    values: &MapRef,
) -> Result<(), Stop> {
    let text = sources.text(source);
    let val = decode::file(tracker, source, What::Values, &text);
    let val = val.map_err(|bad| {
        let message = format!("{shown} is no valid YAML: {}", bad.message);
        let span = bad.span;
        Problem::new(ProblemKind::Values, message).at(Place { source, span })
    })?;
    let place = Place {
        source,
        span: Span::default(),
    };
    over(values, &val, shown, place)
}

/// Lays one file's values over those before it.
fn over(values: &MapRef, val: &Val, shown: &str, place: Place) -> Result<(), Stop> {
    match &val.data {
        Data::Nil => Ok(()),
        Data::Map(map, _) => Ok(overlay(values, map, 0)?),
        _ => {
            let message = format!("{shown} holds {}, not a mapping", val.type_name());
            Err(Problem::new(ProblemKind::Values, message).at(place).into())
        }
    }
}
