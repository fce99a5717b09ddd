//! Near names for hints ("did you mean").
//!
//! Owns the distance measure and its threshold. Must not know what the names stand for.

/// Edit distance with transpositions counted as one step, cut off at `limit`.
pub fn distance(left: &str, right: &str, limit: usize) -> Option<usize> {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    if left.len().abs_diff(right.len()) > limit {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for row in 1..=left.len() {
        let mut current = vec![row; right.len() + 1];
        for column in 1..=right.len() {
            let same = left[row - 1] == right[column - 1];
            let mut best = above[column - 1] + usize::from(!same);
            best = best.min(above[column] + 1).min(current[column - 1] + 1);
            let swapped = row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1];
            if swapped {
                best = best.min(before[column - 2] + 1);
            }
            current[column] = best;
        }
        before = std::mem::replace(&mut above, current);
    }
    let found = above[right.len()];
    (found <= limit).then_some(found)
}

/// The candidate nearest to `wanted`, if any is near enough to be what was meant.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = wanted.chars().count().div_ceil(3).max(1);
    let folded = wanted.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != wanted)
        .filter_map(|candidate| {
            distance(&folded, &candidate.to_lowercase(), limit).map(|steps| (steps, candidate))
        })
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_is_found_and_a_stranger_is_not() {
        assert_eq!(nearest("mentr", ["mentor", "name"]), Some("mentor"));
        assert_eq!(nearest("naem", ["mentor", "name"]), Some("name"));
        assert_eq!(nearest("zebra", ["mentor", "name"]), None);
    }
}
