//! Which sets of objects reach which cluster, as far as a repository says. Knows neither rules nor
//! what objects mean to a mesh.

mod group;
mod paths;
