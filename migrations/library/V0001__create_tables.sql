CREATE TABLE members (
	id INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	joined_on DATE NOT NULL, 
	PRIMARY KEY (id)
);

CREATE TABLE books (
	id INTEGER NOT NULL, 
	title VARCHAR(120) NOT NULL, 
	author VARCHAR(80) NOT NULL, 
	PRIMARY KEY (id)
);

CREATE TABLE topics (
	id INTEGER NOT NULL, 
	name VARCHAR(40) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);

CREATE TABLE book_topics (
	book_id INTEGER NOT NULL, 
	topic_id INTEGER NOT NULL, 
	PRIMARY KEY (book_id, topic_id), 
	FOREIGN KEY(book_id) REFERENCES books (id), 
	FOREIGN KEY(topic_id) REFERENCES topics (id)
);

CREATE TABLE cards (
	id INTEGER NOT NULL, 
	number VARCHAR(12) NOT NULL, 
	blocked BOOLEAN NOT NULL, 
	member_id INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (number), 
	UNIQUE (member_id), 
	FOREIGN KEY(member_id) REFERENCES members (id)
);

CREATE TABLE loans (
	member_id INTEGER NOT NULL, 
	book_id INTEGER NOT NULL, 
	lent_on DATE NOT NULL, 
	returned_on DATE, 
	PRIMARY KEY (member_id, book_id), 
	FOREIGN KEY(member_id) REFERENCES members (id), 
	FOREIGN KEY(book_id) REFERENCES books (id)
);
