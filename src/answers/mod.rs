//! Questions that people ask about a mesh as a whole, answered as plain data: who talks to whom and
//! how ([`edges`]), may a call be made ([`can`]), and what is that in numbers ([`posture`]). Functions from a [`Mesh`](crate::mesh::Mesh) to data; what the data looks like
//! is for the report.

pub mod can;
pub mod edges;
pub mod posture;
