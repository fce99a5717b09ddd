CREATE TABLE students (
	id INTEGER NOT NULL, 
	first_name VARCHAR(60) NOT NULL, 
	last_name VARCHAR(60) NOT NULL, 
	grade INTEGER NOT NULL, 
	PRIMARY KEY (id)
);

CREATE TABLE excuses (
	id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	believable BOOLEAN NOT NULL, 
	given_on DATE NOT NULL, 
	student_id INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(student_id) REFERENCES students (id)
);

CREATE INDEX ix_excuses_student_id ON excuses (student_id);
