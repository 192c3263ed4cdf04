//! What a build gathers.

use std::sync::Arc;

use crate::render::kustomize::fieldspec::FieldSpec;
use crate::render::kustomize::file::Variable;
use crate::render::kustomize::objects::Objects;
use crate::render::kustomize::problem::{Problem, ProblemKind, Result};
use crate::render::kustomize::tables::Tables;
use crate::render::{Place, RelatedOrigin, What};

/// Objects, tables and variables on their way up.
#[derive(Debug, Clone)]
pub(in crate::render::kustomize) struct Accumulator {
    pub(super) objects: Objects,
    pub(super) tables: Arc<Tables>,
    pub(super) variables: Vec<Variable>,
}

impl Accumulator {
    pub(super) fn new() -> Self {
        Self {
            objects: Objects::default(),
            tables: Arc::default(),
            variables: Vec::new(),
        }
    }

    pub(super) fn add_tables(&mut self, tables: &Arc<Tables>, place: Option<Place>) -> Result<()> {
        if Arc::ptr_eq(&self.tables, tables) {
            return Ok(());
        }
        // Nothing is lost when the default tables are merged into empty ones.
        if Arc::ptr_eq(tables, &Tables::default_tables()) && *self.tables == Tables::default() {
            self.tables = Arc::clone(tables);
            return Ok(());
        }
        let merged = Arc::make_mut(&mut self.tables).merge(tables);
        merged.map_err(|spec| conflict(place, &spec))
    }

    pub(super) fn add_variables(&mut self, variables: &[Variable]) -> Result<()> {
        for variable in variables {
            let name = |variable: &Variable| variable.name.as_ref().map(|name| name.text.clone());
            let known = self
                .variables
                .iter()
                .find(|known| name(known) == name(variable));
            if let Some(known) = known {
                return Err(Problem::new(
                    ProblemKind::BadVariable,
                    variable.trace.place,
                    format!(
                        "variable `{}` is there twice",
                        name(variable).unwrap_or_default()
                    ),
                )
                .near(RelatedOrigin {
                    place: known.trace.place,
                    what: What::Replacement,
                    note: "is the other",
                }));
            }
            self.variables.push(variable.clone());
        }
        Ok(())
    }
}

/// Problems, which end a strict build.
pub(super) struct Faults {
    pub(super) strict: bool,
    pub(super) list: Vec<Problem>,
    pub(super) folder: String,
    /// Whether something is not rendered, in which what a patch is for may be.
    pub(super) has_hole: bool,
}

impl Faults {
    pub(super) fn push(&mut self, mut problem: Problem) {
        if problem.folder.is_empty() {
            problem.folder.clone_from(&self.folder);
        }
        self.list.push(problem);
    }

    pub(super) fn note(&mut self, problem: Box<Problem>) -> Result<()> {
        let is_for_some = matches!(
            problem.kind,
            ProblemKind::PatchTarget | ProblemKind::BadReplicas
        );
        if self.has_hole && is_for_some {
            return Ok(());
        }
        if self.strict {
            return Err(problem);
        }
        self.push(*problem);
        Ok(())
    }

    /// Notes what failed, and goes on if that is allowed.
    pub(super) fn tolerate<T>(&mut self, outcome: Result<T>) -> Result<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(problem) => self.note(problem).map(|()| None),
        }
    }
}

/// The problem of a field spec that contradicts one that is there.
pub(super) fn conflict(place: Option<Place>, spec: &FieldSpec) -> Box<Problem> {
    Problem::new(
        ProblemKind::BadKustomization,
        place,
        format!(
            "the field {} is configured with another `create` already",
            spec.path
        ),
    )
}
