//! Where things are: namespaces and control planes, the mesh config of each, and the objects of a
//! namespace or of a name.
//!
//! Answers: does this namespace exist, is it known, which control plane manages it and with what
//! mesh config; which objects of a kind stand in a namespace or have a name. No host names here,
//! and nothing that one object means for another.

pub mod catalogue;
pub mod control_planes;
pub mod namespaces;
