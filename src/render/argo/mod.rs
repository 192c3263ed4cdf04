//! Argo CD: Applications, their sources, and the `ApplicationSets` that make them.
//!
//! Follows the repository server and the `ApplicationSet` controller. `AppProjects`, sync options,
//! sync waves and ignored differences change nothing here.

mod application;
mod cluster;
mod directory;
mod fasttemplate;
mod generators;
mod kustomize;
mod parameters;
mod set;
mod values;

pub(in crate::render) use application::application;
pub(in crate::render) use set::application_set;
