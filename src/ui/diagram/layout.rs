//! Where each table stands in a drawn schema.
//!
//! Owns the columns of boxes: tables referred to stand left of those that refer to them, neighbours stand close, tables
//! without any foreign key stand in rows below. Must not know what a box looks like.

/// A box to be placed.
pub struct Size {
    pub width: f64,
    pub height: f64,
}

/// The gap between columns of boxes, in which the lines run.
const ACROSS: f64 = 90.0;
const DOWN: f64 = 28.0;

/// Top left corners, in the order of the boxes, and the size of the whole. `edges` are `(refers, referred to)`.
pub fn place(sizes: &[Size], edges: &[(usize, usize)]) -> (Vec<(f64, f64)>, (f64, f64)) {
    let linked: Vec<bool> =
        (0..sizes.len()).map(|at| edges.iter().any(|&(a, b)| a != b && (a == at || b == at))).collect();
    let mut layers = layers(&depths(sizes.len(), edges), &linked);
    order(&mut layers, edges, sizes.len());
    let total: f64 = sizes.iter().map(|size| (size.height + DOWN) * (size.width + ACROSS)).sum();
    // About one and a half times as wide as high; no column is lower than its highest box.
    let most = (total / 1.5).sqrt().max(360.0);
    let columns: Vec<Vec<usize>> = layers.into_iter().flat_map(|layer| split(layer, sizes, most)).collect();
    let mut corners = vec![(0.0, 0.0); sizes.len()];
    let heights: Vec<f64> = columns
        .iter()
        .map(|column| column.iter().map(|&at| sizes[at].height + DOWN).sum::<f64>() - DOWN)
        .collect();
    let tallest = heights.iter().copied().fold(0.0, f64::max);
    let mut x = DOWN;
    for (column, height) in columns.iter().zip(&heights) {
        let mut y = DOWN + (tallest - height) / 2.0;
        for &at in column {
            corners[at] = (x, y);
            y += sizes[at].height + DOWN;
        }
        x += column.iter().map(|&at| sizes[at].width).fold(0.0, f64::max) + ACROSS;
    }
    let mut width = if columns.is_empty() { DOWN } else { x - ACROSS + DOWN };
    let mut y = if columns.is_empty() { DOWN } else { tallest + 2.0 * DOWN };
    let row_end = width.max(most * 1.5);
    let (mut x, mut row) = (DOWN, 0.0f64);
    for at in (0..sizes.len()).filter(|&at| !linked[at]) {
        if x > DOWN && x + sizes[at].width + DOWN > row_end {
            (x, y, row) = (DOWN, y + row + DOWN, 0.0);
        }
        corners[at] = (x, y);
        x += sizes[at].width + DOWN;
        row = row.max(sizes[at].height);
        width = width.max(x);
    }
    let height = if row > 0.0 { y + row + DOWN } else { y };
    (corners, (width, height))
}

/// How many steps a box is away from one that refers to nothing; cycles are cut where they are met again.
fn depths(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut depth = vec![0; count];
    // A chain is at most as long as there are boxes; on a cycle the walk ends there.
    for _ in 0..count {
        let mut changed = false;
        for &(from, to) in edges {
            if from != to && depth[from] <= depth[to] && depth[to] + 1 < count && !reaches(edges, to, from) {
                depth[from] = depth[to] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    depth
}

fn reaches(edges: &[(usize, usize)], from: usize, wanted: usize) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while next < seen.len() {
        let at = seen[next];
        if at == wanted {
            return true;
        }
        for &(a, b) in edges {
            if a == at && !seen.contains(&b) {
                seen.push(b);
            }
        }
        next += 1;
    }
    false
}

fn layers(depths: &[usize], linked: &[bool]) -> Vec<Vec<usize>> {
    let deepest = depths.iter().copied().max().unwrap_or(0);
    let of = |wanted: usize| (0..depths.len()).filter(|&at| linked[at] && depths[at] == wanted).collect();
    (0..=deepest).map(of).filter(|layer: &Vec<usize>| !layer.is_empty()).collect()
}

/// Brings boxes next to those they are linked with: a few sweeps by the mean place of their neighbours.
fn order(layers: &mut [Vec<usize>], edges: &[(usize, usize)], count: usize) {
    for _ in 0..4 {
        for at in 0..layers.len() {
            let mut place = vec![0.0; count];
            for layer in layers.iter() {
                for (number, &member) in layer.iter().enumerate() {
                    place[member] = (number as f64 + 0.5) / layer.len() as f64;
                }
            }
            let mean = |member: usize| {
                let near: Vec<f64> = edges
                    .iter()
                    .filter_map(|&(a, b)| match (a == member, b == member) {
                        (true, false) => Some(place[b]),
                        (false, true) => Some(place[a]),
                        _ => None,
                    })
                    .collect();
                if near.is_empty() { place[member] } else { near.iter().sum::<f64>() / near.len() as f64 }
            };
            let mut keyed: Vec<(f64, usize)> =
                layers[at].iter().map(|&member| (mean(member), member)).collect();
            keyed.sort_by(|left, right| left.0.total_cmp(&right.0));
            layers[at] = keyed.into_iter().map(|(_, member)| member).collect();
        }
    }
}

/// A layer in as many columns as it needs to be no higher than `most`.
fn split(layer: Vec<usize>, sizes: &[Size], most: f64) -> Vec<Vec<usize>> {
    let mut columns: Vec<Vec<usize>> = vec![Vec::new()];
    let mut height = 0.0;
    for at in layer {
        let own = sizes[at].height + DOWN;
        if height > 0.0 && height + own > most {
            columns.push(Vec::new());
            height = 0.0;
        }
        height += own;
        columns.last_mut().expect("there is one from the beginning").push(at);
    }
    columns
}
