-- One street at night: eight businesses, nine raccoons, and every raid that was seen.
INSERT INTO businesses (id, name, street) VALUES
    (1, 'Golden Crust Bakery', 'Mill Lane'),
    (2, 'Noodle House', 'Mill Lane'),
    (3, 'Riverside Fish and Chips', 'Harbour Road'),
    (4, 'Corner Grocery', 'Harbour Road'),
    (5, 'Second Chapter Books', 'Church Street'),
    (6, 'Scoops Ice Cream', 'Church Street'),
    (7, 'Bean There Coffee', 'Mill Lane'),
    (8, 'Petal and Stem Flowers', 'Church Street');

INSERT INTO raccoons (id, name, age) VALUES
    (1, 'Bandit', 4),
    (2, 'Clementine', 2),
    (3, 'Waffles', 7),
    (4, 'Moonpie', 1),
    (5, 'Professor', 9),
    (6, 'Dumpling', 3),
    (7, 'Zorro', 5),
    (8, 'Pickles', 2),
    (9, 'Smudge', NULL);

INSERT INTO trashcans (id, contents, rating, business_id, raccoon_id) VALUES
    (1, 'half a rye loaf', 4, 1, 1),
    (2, 'burnt cinnamon rolls', 5, 1, 3),
    (3, 'flour sacks', 1, 1, 6),
    (4, 'cold udon', 4, 2, 1),
    (5, 'spring roll ends', 5, 2, 2),
    (6, 'chopsticks', 1, 2, 8),
    (7, 'cod in batter', 5, 3, 3),
    (8, 'vinegar bottle', 2, 3, 7),
    (9, 'a whole haddock', 5, 3, 1),
    (10, 'mushy peas', 3, 3, 5),
    (11, 'bruised pears', 4, 4, 2),
    (12, 'yoghurt of last week', 3, 4, 6),
    (13, 'cabbage leaves', 2, 4, 8),
    (14, 'an opened tin of sardines', 5, 4, 7),
    (15, 'an old paperback on owls', 4, 5, 5),
    (16, 'packing paper', 1, 5, 4),
    (17, 'melted pistachio', 5, 6, 2),
    (18, 'waffle cones', 5, 6, 3),
    (19, 'coffee grounds', 2, 7, 5),
    (20, 'oat milk', 3, 7, 4),
    (21, 'a croissant, untouched', 5, 7, 1),
    (22, 'cake crumbs', 4, 7, 6);
