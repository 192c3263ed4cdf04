//! Questions that people ask about a mesh as a whole, answered as plain data: who talks to whom and
//! how ([`edges`]), and may a call be made ([`can`]). Functions from a [`Mesh`](crate::mesh::Mesh) to data; what the data looks like
//! is for the report.

pub mod can;
pub mod edges;
