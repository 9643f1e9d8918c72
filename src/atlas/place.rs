//! Codes -> areas, and areas -> the areas around them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Area, Atlas, AtlasLayer};
use crate::area::{Code, LayerRef};

/// Whether a code is in use today.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In the vintage in force.
    Live,
    /// Only in vintages that have ended.
    Superseded,
}

/// An area in the layer in which it was found.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    /// The layer.
    pub layer: &'a AtlasLayer,
    /// The number of the area in it.
    pub number: u32,
    /// Whether its code is in use today.
    pub status: Status,
}

impl<'a> Found<'a> {
    /// The area itself.
    pub fn area(&self) -> &'a Area {
        &self.layer.areas()[self.number as usize]
    }
}

impl Atlas {
    /// The area with a code: in the layer asked for, else in the first kind of layer of the catalogue that has it, in its
    /// latest vintage.
    pub fn find(&self, code: &Code, asked: Option<&LayerRef>) -> Option<Found<'_>> {
        let numbers = self.places.layers_of_code.get(code)?;
        let mut layers: Vec<&AtlasLayer> = numbers.iter().map(|&i| &self.places.layers[i as usize]).collect();
        if let Some(asked) = asked {
            let fits = |l: &&AtlasLayer| {
                l.entry.id.kind == asked.kind
                    && asked.vintage.as_ref().is_none_or(|v| *v == l.entry.id.vintage)
            };
            layers.retain(fits);
        }
        let status =
            if layers.iter().any(|l| l.entry.valid_to.is_none()) { Status::Live } else { Status::Superseded };
        let kind = &layers.first()?.entry.id.kind;
        let layer = layers
            .iter()
            .filter(|l| l.entry.id.kind == *kind)
            .max_by_key(|l| (l.entry.valid_to.is_none(), l.entry.current, l.entry.valid_from))?;
        Some(Found { layer, number: layer.area_with_code(code)?, status })
    }

    /// The layers in which a code stands.
    pub fn layers_with(&self, code: &Code) -> impl Iterator<Item = &AtlasLayer> {
        self.places.layers_of_code.get(code).into_iter().flatten().map(|&i| &self.places.layers[i as usize])
    }

    /// The one area of another layer that holds the whole of this one, if there is such.
    pub fn parent(&self, layer: &AtlasLayer, area: u32, other: &AtlasLayer) -> Option<u32> {
        let mut blocks = layer.blocks_of(area).iter().map(|&b| other.area_of_block(b));
        let first = blocks.next()??;
        blocks.all(|a| a == Some(first)).then_some(first)
    }
}
