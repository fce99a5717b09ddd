CREATE TABLE author (
	id INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	country VARCHAR(40), 
	PRIMARY KEY (id), 
	UNIQUE (name)
);

CREATE TABLE book (
	id INTEGER NOT NULL, 
	title VARCHAR(120) NOT NULL, 
	year INTEGER, 
	pages INTEGER, 
	author_id INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(author_id) REFERENCES author (id)
);
