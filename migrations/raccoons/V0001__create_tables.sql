CREATE TABLE businesses (
	id INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	street VARCHAR(80), 
	PRIMARY KEY (id), 
	UNIQUE (name)
);

CREATE TABLE raccoons (
	id INTEGER NOT NULL, 
	name VARCHAR(40) NOT NULL, 
	age INTEGER, 
	PRIMARY KEY (id)
);

CREATE TABLE trashcans (
	id INTEGER NOT NULL, 
	contents VARCHAR(120), 
	rating INTEGER, 
	business_id INTEGER NOT NULL, 
	raccoon_id INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(business_id) REFERENCES businesses (id), 
	FOREIGN KEY(raccoon_id) REFERENCES raccoons (id)
);
