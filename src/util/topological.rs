//! Stable topological sorting.
//!
//! Owns the order in which dependent items run. Must not know what the items are.
//! Among items that are free to go, the one that came first in the input goes first.

/// Sorts `count` items given as indices; each edge `(before, after)` orders two of them.
///
/// Returns the order, or the indices that lie on or behind a cycle.
pub fn sort(count: usize, edges: &[(usize, usize)]) -> Result<Vec<usize>, Vec<usize>> {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waiting = vec![0usize; count];
    for &(before, later) in edges {
        if before != later {
            after[before].push(later);
            waiting[later] += 1;
        }
    }
    let mut free: BinaryHeap<Reverse<usize>> =
        (0..count).filter(|&item| waiting[item] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(Reverse(item)) = free.pop() {
        order.push(item);
        for &later in &after[item] {
            waiting[later] -= 1;
            if waiting[later] == 0 {
                free.push(Reverse(later));
            }
        }
    }
    if order.len() == count { Ok(order) } else { Err((0..count).filter(|&item| waiting[item] > 0).collect()) }
}

#[cfg(test)]
mod tests {
    use super::sort;

    #[test]
    fn input_order_holds_where_nothing_else_decides() {
        assert_eq!(sort(4, &[(3, 0)]), Ok(vec![1, 2, 3, 0]));
        assert_eq!(sort(3, &[(0, 1), (1, 0)]), Err(vec![0, 1]));
    }
}
