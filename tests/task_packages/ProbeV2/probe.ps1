throw 'not here'
