-- Eight members, twelve books, the topics that they are about, and one winter of loans.
INSERT INTO members (id, name, joined_on) VALUES
    (1, 'Ottilie Braun', '2024-03-11'),
    (2, 'Dmitri Volkov', '2024-05-02'),
    (3, 'Yetunde Bello', '2024-09-17'),
    (4, 'Callum Reid', '2025-01-08'),
    (5, 'Ana Figueroa', '2025-02-20'),
    (6, 'Bao Nguyen', '2025-06-30'),
    (7, 'Greta Holm', '2025-11-05'),
    (8, 'Idris Karim', '2026-01-12');

INSERT INTO cards (id, number, blocked, member_id) VALUES
    (1, 'L-1001', 0, 1),
    (2, 'L-1002', 0, 2),
    (3, 'L-1003', 1, 3),
    (4, 'L-1004', 0, 4),
    (5, 'L-1005', 0, 5),
    (6, 'L-1006', 0, 6),
    (7, 'L-1007', 1, 7);

INSERT INTO books (id, title, author) VALUES
    (1, 'The Night Garden', 'Iris Calloway'),
    (2, 'A Field Guide to Clouds', 'Tomas Hruby'),
    (3, 'Bread in Forty Hours', 'Odile Martin'),
    (4, 'The Lighthouse Ledger', 'Iris Calloway'),
    (5, 'Small Engines', 'Roy Baptiste'),
    (6, 'Knots and Why They Hold', 'Signe Aas'),
    (7, 'Letters from the Dry Valley', 'Paz Ortega'),
    (8, 'Mushrooms of the North', 'Tomas Hruby'),
    (9, 'The Clockmaker of Lund', 'Karin Ek'),
    (10, 'Soup', 'Odile Martin'),
    (11, 'Maps That Lied', 'Hugo Lenz'),
    (12, 'Winter Birds', 'Signe Aas');

INSERT INTO topics (id, name) VALUES
    (1, 'novel'),
    (2, 'nature'),
    (3, 'cooking'),
    (4, 'craft'),
    (5, 'history'),
    (6, 'travel');

INSERT INTO book_topics (book_id, topic_id) VALUES
    (1, 1), (1, 2),
    (2, 2),
    (3, 3),
    (4, 1), (4, 5),
    (5, 4),
    (6, 4), (6, 6),
    (7, 6), (7, 5),
    (8, 2), (8, 3),
    (9, 1), (9, 4), (9, 5),
    (10, 3),
    (11, 5), (11, 6),
    (12, 2);

INSERT INTO loans (member_id, book_id, lent_on, returned_on) VALUES
    (1, 1, '2025-11-03', '2025-11-24'),
    (1, 9, '2025-11-24', NULL),
    (2, 5, '2025-10-13', '2025-11-10'),
    (2, 6, '2025-11-10', '2025-12-01'),
    (2, 11, '2026-01-19', NULL),
    (3, 3, '2025-09-01', NULL),
    (3, 10, '2025-09-01', NULL),
    (4, 2, '2025-12-08', '2025-12-29'),
    (4, 12, '2025-12-29', '2026-01-19'),
    (5, 7, '2026-01-05', '2026-01-26'),
    (5, 11, '2025-12-01', '2025-12-22'),
    (6, 8, '2025-10-20', '2025-11-17'),
    (6, 4, '2026-02-02', NULL),
    (7, 1, '2025-12-15', NULL),
    (7, 12, '2026-02-09', NULL);
