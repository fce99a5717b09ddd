//! Stable topological sorting.
//!
//! Owns the order in which dependent items run, and which items lie on a cycle. Must not know what the items are.
//!
//! Items go in waves: all that wait for nothing, in the order of the input; then all that waited for those only.
//! SQLAlchemy sorts so, and the order shows (tables in `create_all`, statements of a flush):
//!
//! ```text
//!   input 0 1 2 3, edges 0 -> 1, 1 -> 3        waves: [0 2] [1] [3]
//! ```

use indexmap::{IndexMap, IndexSet};

/// Sorts `count` items given as indices; each edge `(before, after)` orders two of them.
///
/// Returns the order, or the indices that lie on or behind a cycle.
pub fn sort(count: usize, edges: &[(usize, usize)]) -> Result<Vec<usize>, Vec<usize>> {
    waves(count, edges).map(|waves| waves.concat())
}

/// As `sort`, wave by wave.
pub fn waves(count: usize, edges: &[(usize, usize)]) -> Result<Vec<Vec<usize>>, Vec<usize>> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waiting = vec![0usize; count];
    for &(before, later) in edges {
        if before != later && before < count && later < count {
            after[before].push(later);
            waiting[later] += 1;
        }
    }
    let (waves, left) = run(count, waiting, &after);
    if left.is_empty() { Ok(waves) } else { Err(left) }
}

/// As `waves`, where an edge from an item to itself is one: the waves up to where all that is left waits for itself,
/// and what is left.
pub fn waves_until_stuck(count: usize, edges: &[(usize, usize)]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waiting = vec![0usize; count];
    for &(before, later) in edges {
        after[before].push(later);
        waiting[later] += 1;
    }
    run(count, waiting, &after)
}

fn run(count: usize, mut waiting: Vec<usize>, after: &[Vec<usize>]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut waves = Vec::new();
    let mut wave: Vec<usize> = (0..count).filter(|&item| waiting[item] == 0).collect();
    while !wave.is_empty() {
        let mut next = Vec::new();
        for &item in &wave {
            for &later in &after[item] {
                waiting[later] -= 1;
                if waiting[later] == 0 {
                    next.push(later);
                }
            }
        }
        next.sort_unstable();
        waves.push(std::mem::replace(&mut wave, next));
    }
    (waves, (0..count).filter(|&item| waiting[item] > 0).collect())
}

/// The items on cycles in the order in which SQLAlchemy's search comes upon them, for its message.
pub fn cycles_as_found(edges: &[(usize, usize)]) -> Vec<usize> {
    let mut after: IndexMap<usize, IndexSet<usize>> = IndexMap::new();
    for &(before, later) in edges {
        after.entry(before).or_default().insert(later);
    }
    let mut found: IndexSet<usize> = IndexSet::new();
    for &start in after.keys() {
        let mut path = vec![start];
        let mut open: IndexSet<usize> = after.keys().copied().filter(|&item| item != start).collect();
        while let Some(&top) = path.last() {
            let mut next = None;
            for &later in after.get(&top).into_iter().flatten() {
                if let Some(at) = path.iter().position(|&item| item == later) {
                    for &item in &path[at..] {
                        open.shift_remove(&item);
                        found.insert(item);
                    }
                }
                if open.shift_remove(&later) {
                    next = Some(later);
                    break;
                }
            }
            match next {
                Some(next) => path.push(next),
                None => drop(path.pop()),
            }
        }
    }
    found.into_iter().collect()
}

/// The items that lie on a cycle, in the order of the input; an edge from an item to itself is one.
///
/// Two items are on a common cycle if each is reached from the other, so the cycles are the strongly connected
/// components of more than one item (Tarjan's algorithm, with a stack of its own in place of recursion).
pub fn cycles(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut on_cycle = vec![false; count];
    for &(before, later) in edges {
        if before >= count || later >= count {
            continue;
        }
        if before == later {
            on_cycle[before] = true;
        } else {
            after[before].push(later);
        }
    }
    let (mut number, mut low) = (vec![UNSEEN; count], vec![0; count]);
    let (mut open, mut is_open) = (Vec::new(), vec![false; count]);
    let mut next_number = 0;
    for root in 0..count {
        if number[root] != UNSEEN {
            continue;
        }
        let mut path = vec![(root, 0usize)];
        while let Some((item, child)) = path.pop() {
            if child == 0 {
                number[item] = next_number;
                low[item] = next_number;
                next_number += 1;
                open.push(item);
                is_open[item] = true;
            }
            if let Some(&later) = after[item].get(child) {
                path.push((item, child + 1));
                if number[later] == UNSEEN {
                    path.push((later, 0));
                } else if is_open[later] {
                    low[item] = low[item].min(number[later]);
                }
                continue;
            }
            if low[item] == number[item] {
                let start =
                    open.iter().rposition(|&other| other == item).expect("the root of a component is open");
                let component: Vec<usize> = open.drain(start..).collect();
                let is_cycle = component.len() > 1;
                for member in component {
                    is_open[member] = false;
                    on_cycle[member] |= is_cycle;
                }
            }
            if let Some(&(parent, _)) = path.last() {
                low[parent] = low[parent].min(low[item]);
            }
        }
    }
    (0..count).filter(|&item| on_cycle[item]).collect()
}

#[cfg(test)]
mod tests {
    use super::{cycles, sort, waves};

    #[test]
    fn input_order_holds_where_nothing_else_decides() {
        assert_eq!(sort(4, &[(3, 0)]), Ok(vec![1, 2, 3, 0]));
        assert_eq!(waves(4, &[(0, 1), (1, 3)]), Ok(vec![vec![0, 2], vec![1], vec![3]]));
        assert_eq!(sort(3, &[(0, 1), (1, 0)]), Err(vec![0, 1]));
    }

    #[test]
    fn cycles_are_told_from_what_hangs_on_them() {
        assert_eq!(cycles(5, &[(0, 1), (1, 2), (2, 1), (2, 3)]), vec![1, 2]);
        assert_eq!(cycles(3, &[(0, 1), (0, 2), (1, 2)]), Vec::<usize>::new());
        assert_eq!(cycles(2, &[(1, 1)]), vec![1]);
        assert_eq!(cycles(6, &[(0, 1), (1, 0), (1, 2), (3, 4), (4, 5), (5, 3)]), vec![0, 1, 3, 4, 5]);
    }
}
